"""Addresses blocked in Spain now on Movistar: hayahora.futbol's ``blocked-movistar.txt``.

See `overblock.sources._hayahora`.
"""

from overblock.sources._hayahora import hayahora_list

SOURCE = hayahora_list("es_hayahora_movistar", "blocked-movistar", "Movistar")
