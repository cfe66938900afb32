"""Addresses blocked in Spain now on DIGI: hayahora.futbol's ``blocked-digi.txt``.

See `overblock.sources._hayahora`.
"""

from overblock.sources._hayahora import hayahora_list

SOURCE = hayahora_list("es_hayahora_digi", "blocked-digi", "DIGI")
