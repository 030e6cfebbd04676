/// Who stands in line, by rank: how many stand before a rank, and who is first. A Fenwick tree, so that each answer
/// takes the logarithm of all ranks that were ever given.
///
/// (1) A rank is given once, in ascending order, and never moves: who comes back stands where she stood.
struct WaitingLine {
  /// `tree[i]` is how many stand in the ranks that end with `i`; place 0 is not used.
  private var tree: [Int32] = [0]
  private var stands: [Bool] = []

  /// How many stand in line.
  private(set) var count = 0

  /// Ranks that were given.
  var ranks: Int { stands.count }

  /// Gives the next rank, to somebody who stands in line.
  mutating func append() {
    stands.append(true)
    count += 1
    let index = stands.count
    // What the new node covers before itself.
    tree.append(Int32(standing(upTo: index - 1) - standing(upTo: index - index & -index)) + 1)
  }

  /// Whether somebody stands at a rank.
  func stands(at rank: Int) -> Bool { stands[rank] }

  /// Takes the one at a rank out of the line, or puts her back; no change if it is so already.
  mutating func set(_ rank: Int, stands isIn: Bool) {
    guard stands[rank] != isIn else { return }
    stands[rank] = isIn
    count += isIn ? 1 : -1
    var index = rank + 1
    while index < tree.count {
      tree[index] += isIn ? 1 : -1
      index += index & -index
    }
  }

  /// How many stand before a rank.
  func before(_ rank: Int) -> Int { standing(upTo: rank) }

  /// The rank of the one before whom so many stand; `nil` if there is none.
  func rank(behind skipped: Int) -> Int? {
    guard skipped >= 0, skipped < count else { return nil }
    var (index, left) = (0, Int32(skipped))
    var step = tree.count.leadingPowerOfTwo
    while step > 0 {
      if index + step < tree.count, tree[index + step] <= left {
        index += step
        left -= tree[index]
      }
      step >>= 1
    }
    return index
  }

  /// How many stand in the first `count` ranks.
  private func standing(upTo count: Int) -> Int {
    var (index, sum) = (count, 0)
    while index > 0 {
      sum += Int(tree[index])
      index -= index & -index
    }
    return sum
  }
}

extension Int {
  fileprivate var leadingPowerOfTwo: Int { self <= 0 ? 0 : 1 << (Int.bitWidth - 1 - leadingZeroBitCount) }
}
