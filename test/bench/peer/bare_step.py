"""anomalib's own training step, without Lightning around it."""


def train_by_hand(module):
    """Gives a module what Lightning's trainer would, so that `training_step` can be called; call what is returned when that is over."""
    optimizer = module.configure_optimizers()
    module.optimizers = lambda: optimizer
    module.manual_backward = lambda loss: loss.backward()
    module.log = lambda *_args, **_options: None
    module.train()

    def over():
        for name in ("optimizers", "manual_backward", "log"):
            delattr(module, name)
        module.eval()

    return over
