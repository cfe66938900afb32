"""Signs of services, feature by feature: messengers, Tor and other tools, one file a kind."""
