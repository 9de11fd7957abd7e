"""The pages, without a bridge behind them."""
