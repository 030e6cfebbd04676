public import Accounts
internal import FlashSale
public import HTTPServing

extension UserName: PathParameter {
  public static var nameInPath: String { "user" }

  public init?(inPath text: String) { self.init(rawValue: text) }
}
