"""The service: HTTP routes, CDS Hooks, SMART, the store behind them and who may use them."""
