"""Who has the same case, customer, call or work log open."""
