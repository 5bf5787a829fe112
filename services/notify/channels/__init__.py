"""Ways to reach a person. A channel delivers one letter or says, by `ChannelError`, whether trying again helps."""
