"""What requests say and answers show. Requests are strict; ids, instants and texts come out in one form."""
