/// How far a name is from another one that may be meant (Levenshtein).
enum EditDistance {
  /// The least number of characters to add, drop or replace.
  static func between(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    // The row of distances from what was read of `left` to each beginning of `right`.
    var distances = Array(0...right.count)
    for (row, character) in left.enumerated() {
      var diagonal = row
      distances[0] = row + 1
      for column in right.indices {
        let replaced = diagonal + (character == right[column] ? 0 : 1)
        diagonal = distances[column + 1]
        distances[column + 1] = min(replaced, diagonal + 1, distances[column] + 1)
      }
    }
    return distances[right.count]
  }
}
