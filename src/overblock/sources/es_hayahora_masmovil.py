"""Addresses blocked in Spain now on Masmovil: hayahora.futbol's ``blocked-masmovil.txt``.

See `overblock.sources._hayahora`.
"""

from overblock.sources._hayahora import hayahora_list

SOURCE = hayahora_list("es_hayahora_masmovil", "blocked-masmovil", "Masmovil")
