// FlashSaleTests
