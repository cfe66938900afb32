"""The signs that the rules of web_connectivity look at: one flat row a measurement.

A sign is a fact or a comparison with the control, no judgement, and costs little to take: what
needs a body, headers or certificates is taken only where the cheaper signs leave it open.  None is
unknown.  The probe's own conclusions (``blocking``, ``accessible``, its flags) are no signs.
"""

from msgspec import Struct


class WebSigns(Struct, kw_only=True, gc=False):
    """What one measurement of one page shows."""

    # the control: the same page from where the block cannot reach
    control: bool = False  # the control said anything at all
    control_names: str | None = None  # addresses, bogons, nothing or failed: what it resolved
    control_page: str | None = None  # fetched, or the class of its failure
    control_status: int | None = None  # of the page that it fetched

    # the name, as the user's own resolver answers
    names_asked: bool = False  # there is a name, and it was asked for
    names_found: str | None = None  # addresses, bogons, or nothing
    names_failure: str | None = None  # class, where nothing was found
    names_heard: bool = False  # the resolver that is silent for the name answered for another
    names_elsewhere: str | None = None  # the same from the probe's other resolvers, DoH first
    names_agree: bool | None = None  # shares an address, network or neighbourhood with the control
    names_proved: bool = False  # an address answered under a valid certificate of the name
    elsewhere_proved: bool = False  # one of those others' addresses showed the name's certificate
    names_injected: bool = False  # a resolver far away gave the user's resolver's odd answer too
    names_blockpage: str | None = None  # the fingerprint of a block page's address
    onward_names: str | None = None  # class of failure for a name that redirects lead to
    names_foreign: str | None = None  # the same, of a block page of another country
    odd_addresses: str | None = None  # failed, certificate or served: addresses that disagree

    # connects to addresses of the name, on the page's own port
    tcp_ok: int = 0
    tcp_blocked: int = 0  # the probe's failed and the control's did not
    tcp_down: int = 0  # both failed
    tcp_unsure: int = 0  # the probe's failed; the control did not try, or the probe is at fault
    tcp_failure: str | None = None  # class

    # handshakes for the name
    tls_ok: int = 0
    tls_blocked: int = 0
    tls_down: int = 0
    tls_unsure: int = 0
    tls_failure: str | None = None

    quic_ok: int = 0  # handshakes over UDP, where the control made some too
    quic_blocked: int = 0
    quic_failure: str | None = None

    # the page
    fetched: bool = False  # it was answered, to the end
    page_proved: bool = False  # under a valid certificate all the way from the input
    status: int | None = None
    same_status: bool | None = None  # as the control's
    same_headers: bool | None = (
        None  # the probe: an uncommon one is shared, or the names are the same
    )
    own_headers: bool = False  # an uncommon header that the control's answer has too
    same_title: bool | None = None
    body_share: float | None = None  # the shorter body's length by the longer's
    page_challenge: bool = False  # a captcha or the like
    page_front: bool = False  # an error that a content network wrote, by its headers
    page_parked: bool = False  # a domain that is for sale
    page_words: bool = False  # the words of a block page
    page_own: bool = False  # it names its site, as block pages do not
    page_usual: bool = False  # longer than block pages are, or as servers and hostings give it
    page_fingerprint: str | None = None  # a known block page
    page_local_frame: bool = False  # it frames a page at an address of no public site
    page_foreign: str | None = None  # a known block page of another country
    page_portal: bool = False  # by it a network asks its guests to log in
    page_blocker: bool = False  # a 451 that names another than the site as who blocks
    page_naked: bool = False  # an answer without the Date that servers give
    redirect_naked: bool = False  # such a redirect without a Date, or to a bare address
    away_secure: bool = False  # the other site has a certificate of its own name
    away_named: bool = False  # the other site's address is named as block pages are
    redirect_away: bool = False  # a cleartext redirect to another site
    moved: bool = False  # the page is another host's, and no cleartext redirect led to its site
    broke_at: str | None = None  # the layer at which fetching ended
    broke_by: str | None = None  # class of the failure
    broke_after: int = 0  # redirects that were followed
    part_received: bool = False  # the answer had begun
    bytes_received: int | None = None
    stalled: bool = False  # bytes came and then none for seconds
    clock_off: bool = False  # the probe's clock differs by a day or more from the collector's
    issuer: str | None = None  # who vouches for the certificate that failed
    own_machine: bool = False  # it is made by a program on the visitor's own machine
    own_issuer: bool = False  # that certificate vouches for itself
    in_date: bool | None = None  # its dates held when the measurement came in


class FeatureSigns(Struct, kw_only=True, gc=False):
    """What one measurement shows of one feature of a service, or of a service as a whole."""

    service: str
    feature: str
    parts: int = 0  # endpoints, names or requests that were tried
    parts_ok: int = 0
    parts_failed: int = 0  # failed as interference fails
    parts_unsure: int = 0  # failed otherwise: the probe's own trouble, a stale version
    layer: str | None = None  # where most of those that failed did
    failure: str | None = None  # class of the failure
    online: bool = True  # something else worked, so the network did
    flapping: bool = False  # the same thing failed and worked
    said: str | None = None  # ok or blocked: the probe's word, where nothing else is left
    doubt: str | None = None  # why this version's results cannot be believed
    clock_off: bool = False  # a certificate looks out of date, and the probe's clock is off
    far: int | None = None  # how far it came, in per cent
