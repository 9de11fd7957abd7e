"""What the tests need of the outside world: a real Asterisk, SIPp and a phone that does as it is told."""
