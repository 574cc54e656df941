"""Earlier results of steps: where they are kept, when one may stand in, what it is made of."""
