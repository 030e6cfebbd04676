import Testing

@testable import SpikeKit

struct MixTests {
  private func mix(seed: UInt64 = 7, retryShare: Double = 0) -> Mix {
    Mix(
      dice: Dice(seed: seed), crowd: Crowd(buyers: 100), popularity: .hot(share: 0.5, skus: 3), quantity: 1,
      retryShare: retryShare)
  }

  @Test func `the same seed gives the same requests and another seed others`() {
    let first = (0..<1_000).map { mix(retryShare: 0.2).request($0) }
    #expect(first == (0..<1_000).map { mix(retryShare: 0.2).request($0) })
    #expect(first != (0..<1_000).map { mix(seed: 8, retryShare: 0.2).request($0) })
    #expect(mix().key(original: 3) != mix(seed: 8).key(original: 3))
  }

  @Test func `a repeat has the buyer and SKU of its original, which comes earlier and is none itself`() {
    let mix = mix(retryShare: 0.3)
    var repeats = 0
    for index in 0..<10_000 {
      let request = mix.request(index)
      #expect(request.original <= index)
      let original = mix.request(request.original)
      #expect(original == request)
      if request.original != index { repeats += 1 }
    }
    #expect((2_800...3_200).contains(repeats))
  }

  @Test func `without a retry share every request is its own`() {
    let mix = mix()
    #expect((0..<1_000).allSatisfy { mix.request($0).original == $0 })
  }

  @Test func `the hot SKU gets its share and the others the rest evenly`() {
    let mix = mix()
    var counts = [0, 0, 0]
    for index in 0..<40_000 { counts[mix.request(index).sku] += 1 }
    #expect((19_500...20_500).contains(counts[0]))
    #expect((9_600...10_400).contains(counts[1]))
    #expect((9_600...10_400).contains(counts[2]))
  }

  @Test func `buyers come evenly and all of them`() {
    let mix = mix()
    var counts = Array(repeating: 0, count: 100)
    for index in 0..<40_000 { counts[mix.request(index).buyer] += 1 }
    #expect(counts.allSatisfy { (300...500).contains($0) })
  }

  @Test func `a zipf exponent of one halves, thirds and quarters`() {
    let popularity = Popularity.zipf(exponent: 1, skus: 4)
    let sum = [1.0, 1.0 / 2, 1.0 / 3, 1.0 / 4].reduce(0, +)
    #expect(popularity.sku(at: 0) == 0)
    #expect(popularity.sku(at: 0.999 / sum) == 0)
    #expect(popularity.sku(at: 1.001 / sum) == 1)
    #expect(popularity.sku(at: 1.501 / sum) == 2)
    #expect(popularity.sku(at: 0.9999) == 3)
  }

  @Test func `a share of nothing or all still picks a SKU that exists`() {
    #expect(Popularity.hot(share: 0, skus: 2).sku(at: 0) == 1)
    #expect(Popularity.hot(share: 1, skus: 2).sku(at: 0.9999) == 0)
    #expect(Popularity.hot(share: 0.3, skus: 1).sku(at: 0.9999) == 0)
  }
}
