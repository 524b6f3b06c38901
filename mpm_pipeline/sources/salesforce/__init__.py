"""Salesforce over REST: how it is asked, how queries are written and pages read, what its errors mean."""
