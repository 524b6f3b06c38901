"""The vendors on loopback sockets: a pure function of (world, clock, faults).

A world is a folder of record versions; here it is read (`world`), served over each vendor's own protocol (one
module per vendor) and steered over a control port (`control`). Nothing here knows the pipeline: it could serve
anybody's.
"""
