internal import FlashSale
internal import Glibc
internal import Synchronization

/// What everybody who is limited has had so far: a table of fixed size that all event loops share without a lock.
///
/// (1) A slot is one word: 24 bits of a mark, and below them what is due (`RatePace`), in ticks of 10 µs and 40 bits.
///     So it changes as a whole, and a limit holds over all loops together.
/// (2) A mark names a bucket of 8 slots, a line of the processor's cache, and is in no other.
/// (3) In a full bucket, whoever has the least due is forgotten, and starts anew: nearly always somebody for whom that
///     changes nothing. Whoever is at a limit has the most due. To be forgotten, they need eight others in their
///     bucket who are at theirs, and nobody can tell who shares a bucket, as marks are made with a secret.
/// (4) Two marks in one bucket are alike in 24 bits once in 16 million times, and then share a limit.
/// (5) What is due is read around the 127 days of 40 bits: a slot that nobody touched for just so long can be taken for
///     a debt once.
///
/// `@unchecked Sendable`: `slots` is never changed, and all that it leads to is `Atomic`, which is Sendable.
final class LimitTable: @unchecked Sendable {
  /// What became of a request.
  struct Verdict {
    let answer: RatePace.Answer
    /// Somebody who still had something due was forgotten for it.
    var hasForgotten = false
  }

  private static let bucketSlots = 8
  private static let dueBits: UInt64 = 40
  private static let dueMask: UInt64 = 1 << dueBits - 1
  /// Attempts to change a slot that others change. Past it a request is taken, not counted.
  private static let attempts = 64

  private let slots: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  /// A table that remembers up to `entries`, a power of 2 of at least 8. A page of it takes memory once it is used.
  init(entries: Int = Limits.limitEntries) {
    count = entries
    let bytes = entries * MemoryLayout<Atomic<UInt64>>.stride
    // "The contents of the mapping are initialized to zero", and it begins at a page (mmap(2)).
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { fatalError("no memory for \(bytes) bytes of rate limits") }
    slots = memory.bindMemory(to: Atomic<UInt64>.self, capacity: entries)
  }

  deinit { munmap(UnsafeMutableRawPointer(slots), count * MemoryLayout<Atomic<UInt64>>.stride) }

  /// Counts a request of whom `mark` names.
  ///
  /// - Parameters:
  ///   - mark: random bits, the same for the same one.
  ///   - now: ticks since any instant, the same for all calls.
  func take(_ mark: UInt64, _ pace: RatePace, now: Int64) -> Verdict {
    for _ in 0..<Self.attempts {
      let place = place(of: mark, now: now)
      let due = place.isFound ? now + Self.debt(place.word, now) : now
      let answer = pace.meet(due: due, now: now)
      guard case .taken(let due) = answer else { return Verdict(answer: answer) }
      if slots[place.index].change(from: place.word, to: Self.word(mark, due)) {
        let isDebtor = !place.isFound && place.word != 0 && Self.debt(place.word, now) > 0
        return Verdict(answer: answer, hasForgotten: isDebtor)
      }
    }
    return Verdict(answer: .taken(due: now))
  }

  /// Takes a request back that was counted.
  func giveBack(_ mark: UInt64, _ pace: RatePace, now: Int64) {
    for _ in 0..<Self.attempts {
      let place = place(of: mark, now: now)
      guard place.isFound else { return }
      let due = now + Self.debt(place.word, now) - pace.interval
      if slots[place.index].change(from: place.word, to: Self.word(mark, due)) { return }
    }
  }

  /// Where a mark stands; if nowhere, where it may: in a free slot, or in place of whoever has the least due.
  private func place(of mark: UInt64, now: Int64) -> (index: Int, word: UInt64, isFound: Bool) {
    let first = Int(truncatingIfNeeded: mark) & (count / Self.bucketSlots - 1) * Self.bucketSlots
    let print = Self.print(of: mark)
    var (least, leastWord, leastDebt) = (first, UInt64(0), Int64.max)
    for index in first..<(first + Self.bucketSlots) {
      let word = slots[index].load(ordering: .relaxed)
      if word >> Self.dueBits == print { return (index, word, true) }
      let debt = word == 0 ? .min : Self.debt(word, now)
      if debt < leastDebt { (least, leastWord, leastDebt) = (index, word, debt) }
    }
    return (least, leastWord, false)
  }

  /// Never 0, which is a free slot's.
  private static func print(of mark: UInt64) -> UInt64 { max(1, mark >> dueBits) }

  private static func word(_ mark: UInt64, _ due: Int64) -> UInt64 {
    print(of: mark) << dueBits | UInt64(bitPattern: due) & dueMask
  }

  /// By how much what is due lies ahead of `now`; below 0: behind it.
  private static func debt(_ word: UInt64, _ now: Int64) -> Int64 {
    let difference = (word &- UInt64(bitPattern: now)) & dueMask
    return Int64(bitPattern: difference << (64 - dueBits)) >> Int64(64 - dueBits)
  }
}

extension Atomic<UInt64> {
  fileprivate borrowing func change(from old: UInt64, to new: UInt64) -> Bool {
    compareExchange(expected: old, desired: new, ordering: .relaxed).exchanged
  }
}
