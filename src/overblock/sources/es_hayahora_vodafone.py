"""Addresses blocked in Spain now on Vodafone: hayahora.futbol's ``blocked-vodafone.txt``.

See `overblock.sources._hayahora`.
"""

from overblock.sources._hayahora import hayahora_list

SOURCE = hayahora_list("es_hayahora_vodafone", "blocked-vodafone", "Vodafone")
