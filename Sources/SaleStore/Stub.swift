// SaleStore
