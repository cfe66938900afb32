"""Tables of fleets: what people run, as their inventories tell it."""

from overblock.tables.columns import Column, Table, address_columns

INVENTORY_ITEMS = Table(
    name="inventory_items",
    meaning="What an inventory holds that a register could list; nothing else leaves its reader.",
    key=("label", "target"),
    columns=(
        Column(name="label", kind="str", meaning="id or name, 80 signs at most; else the target"),
        Column(name="target", kind="str", meaning="in canonical form"),
        Column(name="item_kind", kind="str", meaning="address, network or name"),
        *address_columns(),
        Column(name="is_private", kind="bool", meaning="of no public network: nobody can list it"),
        Column(name="place", kind="str", meaning="where it stands in the inventory"),
    ),
)
