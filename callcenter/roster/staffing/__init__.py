"""How many agents a load of calls needs: Erlang C and Erlang A, and what happens with fewer."""
