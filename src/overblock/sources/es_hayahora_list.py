"""Addresses blocked in Spain now on at least one operator: hayahora.futbol's ``blocked-any.txt``.

::

    188.114.96.5
    104.16.93.114

On which operators is not said, so the network is called ``any``.
See `overblock.sources._hayahora`.
"""

from overblock.sources._hayahora import hayahora_list

SOURCE = hayahora_list("es_hayahora_list", "blocked-any", "any")
