"""What may keep a denied job from being stopped: a breaker and a switch. Each use is recorded; if they fail, jobs are stopped."""
