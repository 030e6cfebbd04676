// A ticket is a position in the log, so the domain hands on what a position is.
@_exported public import LogPositions
