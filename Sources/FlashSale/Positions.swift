// A ticket is a position in the log: whoever knows the domain knows positions.
@_exported public import LogPositions
