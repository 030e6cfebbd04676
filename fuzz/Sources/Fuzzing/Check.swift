/// Ends the process with a message if something that must hold does not: libFuzzer then keeps the input.
///
/// A `precondition` would say nothing in a release build.
public func check(_ holds: Bool, _ what: @autoclosure () -> String) {
  guard !holds else { return }
  fatalError(what())
}
