/// What is wrong with the JSON body of a request, in words for its sender: clauses without a full stop.
public enum BodyError: Error, Equatable {
  /// Not JSON, or not an object; why.
  case malformed(String)
  /// A field that the object does not have; which it has.
  case unknownField(String, String)
  /// The same field twice.
  case duplicateField(String)
  /// JSON, but the field is missing or its value is not allowed; the rule that it breaks.
  case invalidField(String, String)
}
