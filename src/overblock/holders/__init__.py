"""Address to whose it is: origin AS, holder, country, cloud service, each with its date."""
