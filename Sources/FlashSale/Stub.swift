// FlashSale
