"""Numbers of the catalogue that this suite can't run, each with the reason."""

NOT_RUN = {
    13: "no kind of part forbids a library's own function yet; prompts say so and people look",
    79: "cache and denormal slow-downs need an idle machine; calls are bounded by processor time",
    83: "loading the machine while a baseline runs is a matter of the timing benchmarks",
    84: "a GPU is needed; kernels are interpreted here and never run on a device",
    107: "about a repository's workflow files: a token and a pull request are needed",
}
