"""What may keep a denied job from being stopped: a breaker and a switch. Deliberate, recorded, and closed when in doubt."""
