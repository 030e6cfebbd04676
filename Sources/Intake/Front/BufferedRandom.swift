internal import Glibc

/// The system's random bits, 32 words at a time: a system call for each word would cost too much.
struct BufferedRandom: RandomNumberGenerator {
  // "The maximum permitted value for the length argument is 256" (getentropy(3)).
  private static let wordsAtOnce = 256 / MemoryLayout<UInt64>.size

  private var words = [UInt64](repeating: 0, count: wordsAtOnce)
  private var left = 0

  mutating func next() -> UInt64 {
    if left == 0 { refill() }
    left -= 1
    return words[left]
  }

  private mutating func refill() {
    words.withUnsafeMutableBytes { bytes in
      // Fails only if the kernel has no such call or the memory is not ours: never here.
      let code = getentropy(bytes.baseAddress!, bytes.count)
      precondition(code == 0, "getentropy failed: \(errno)")
    }
    left = words.count
  }
}
