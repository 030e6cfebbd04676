// What this module is asked, and what it answers, is said in positions.
@_exported public import LogPositions
