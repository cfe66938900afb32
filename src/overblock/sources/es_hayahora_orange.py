"""Addresses blocked in Spain now on Orange: hayahora.futbol's ``blocked-orange.txt``.

See `overblock.sources._hayahora`.
"""

from overblock.sources._hayahora import hayahora_list

SOURCE = hayahora_list("es_hayahora_orange", "blocked-orange", "Orange")
