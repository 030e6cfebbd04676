import FlashSale
import Testing

/// Amounts as people read them.
@Suite struct MoneyTests {
  @Test(
    arguments: [
      (199_900, "CNY", "1999.00 CNY"), (5, "CNY", "0.05 CNY"), (0, "CNY", "0.00 CNY"), (1_999, "JPY", "1999 JPY"),
      (0, "JPY", "0 JPY"), (1_999, "BHD", "1.999 BHD"), (7, "BHD", "0.007 BHD"), (12_345, "CLF", "1.2345 CLF"),
      (-5, "USD", "-0.05 USD"), (-1_234, "JPY", "-1234 JPY"), (.max, "EUR", "92233720368547758.07 EUR"),
      (.min, "EUR", "-92233720368547758.08 EUR"), (150, "XXX", "1.50 XXX"),
    ] as [(Int64, String, String)])
  func `an amount has its currency's digits behind the point`(_ minor: Int64, _ currency: String, _ text: String) {
    #expect("\(Money(minor: minor, currency: currency))" == text)
  }
}
