"""The functions and constants every answer may use, under all their usual names."""

from __future__ import annotations

FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "log2": "log2", "log10": "log10", "lg": "log2",
    "log1p": "log1p", "expm1": "expm1", "sqrt": "sqrt", "cbrt": "cbrt", "root": "root",
    "sin": "sin", "cos": "cos", "tan": "tan", "sec": "sec", "csc": "csc", "cot": "cot",
    "asin": "asin", "acos": "acos", "atan": "atan", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "coth": "coth",
    "sech": "sech", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh", "arctanh": "atanh",
    "artanh": "atanh", "arcsinh": "asinh", "abs": "abs", "Abs": "abs", "absolute": "abs",
    "fabs": "abs", "sign": "sign", "sgn": "sign", "floor": "floor", "ceil": "ceil",
    "ceiling": "ceil", "round": "round", "max": "max", "Max": "max", "maximum": "max",
    "min": "min", "Min": "min", "minimum": "min", "clip": "clip", "clamp": "clip",
    "relu": "relu", "ReLU": "relu", "Relu": "relu", "RELU": "relu",
    "leaky_relu": "leaky_relu", "LeakyReLU": "leaky_relu", "sigmoid": "sigmoid",
    "Sigmoid": "sigmoid", "sigma": "sigmoid", "σ": "sigmoid", "logistic": "sigmoid",
    "expit": "sigmoid", "logit": "logit", "softplus": "softplus", "Softplus": "softplus",
    "logsigmoid": "logsigmoid", "silu": "silu", "SiLU": "silu", "swish": "silu",
    "gelu": "gelu", "GELU": "gelu", "erf": "erf", "Heaviside": "step", "heaviside": "step",
    "step": "step", "Rational": "quotient", "factorial": "factorial", "gamma": "gamma",
    "Γ": "gamma",
    "binomial": "binomial", "binom": "binomial", "comb": "binomial", "mod": "mod", "Mod": "mod",
    "pow": "power", "Pow": "power", "power": "power", "where": "where",
    "norm": "norm", "dot": "dot", "inner": "dot", "outer": "outer", "trace": "trace",
    "tr": "trace", "Tr": "trace", "det": "det", "inv": "inverse", "inverse": "inverse",
    "diag": "diag", "Diag": "diag", "diagonal": "diag", "softmax": "softmax",
    "Softmax": "softmax", "softargmax": "softmax", "logsumexp": "logsumexp", "mean": "mean",
    "avg": "mean", "total": "total", "transpose": "transposed", "matmul": "matrix_product",
    "multiply": "entrywise_product", "delta_": "kronecker", "KroneckerDelta": "kronecker",
    "indicator": "indicator", "1{": "indicator", "vec": "vec", "eye": "eye", "ones": "ones",
    "zeros": "zeros", "Identity": "eye", "diff": "diff", "reshape": "reshaped",
    "conj": "conj", "re": "re", "im": "im", "hypot": "hypot", "square": "square",
    "exponential": "exp", "concat": "concat",
    "logaddexp": "logaddexp", "int": "truncated", "trunc": "truncated",
    "len": "length", "float": "as_number", "log_softmax": "log_softmax", "rsqrt": "rsqrt",
    "grad": "gradient", "gradient": "gradient", "var": "variance",
    "variance": "variance", "Var": "variance", "std": "deviation",
}  # fmt: skip
"""Every accepted spelling, and the one function it means."""

OF_LIBRARIES = {"dot": "matrix_product", "mm": "matrix_product", "bmm": "matrix_product",
                "solve": "solved", "amax": "largest", "amin": "smallest",
                "mv": "matrix_product", "mul": "entrywise_product", "add": "added",
                "sub": "subtracted", "subtract": "subtracted", "div": "divided",
                "divide": "divided", "true_divide": "divided", "neg": "negated",
                "negative": "negated", "reciprocal": "reciprocal", "inner": "inner_product",
                "average": "mean", "identity": "eye", "ones_like": "ones_like",
                "zeros_like": "zeros_like", "einsum": "einsum", "xlogy": "log_product",
                "cosine_similarity": "cosine", "mse_loss": "squared_loss",
                "l1_loss": "absolute_loss", "size": "size", "numel": "size",
                "expand_dims": "expanded", "unsqueeze": "expanded", "squeeze": "squeezed",
                "reshape": "reshaped", "ravel": "raveled", "flatten": "raveled",
                "swapaxes": "transposed", "permute": "transposed", "t": "transposed",
                "float64": "as_number", "ger": "outer", "gt": "greater", "greater": "greater",
                "lt": "less", "less": "less", "ge": "greater_equal",
                "greater_equal": "greater_equal", "le": "less_equal",
                "less_equal": "less_equal"}  # fmt: skip
"""What only stands behind `np.`, `torch.` and the like."""

METHODS = {"sum": "total", "dot": "matrix_product", "view": "reshaped", "nelement": "size",
           "clamp_min": "at_least", "clamp_max": "at_most", "float": "as_number",
           "double": "as_number", "item": "as_number", "detach": "as_number",
           "clone": "as_number", "copy": "as_number", "contiguous": "as_number",
           "numpy": "as_number", "cpu": "as_number"}  # fmt: skip
"""What only stands behind an array."""

ARITY = {
    "log": (1, 2), "root": (2, 2), "max": (1, 16), "min": (1, 16), "clip": (3, 3),
    "leaky_relu": (1, 2), "step": (1, 2), "quotient": (2, 2), "binomial": (2, 2),
    "mod": (2, 2), "power": (2, 2), "where": (3, 3), "norm": (1, 2), "dot": (2, 2),
    "outer": (2, 2), "matrix_product": (2, 2), "entrywise_product": (2, 2),
    "kronecker": (2, 2), "softmax": (1, 2), "eye": (1, 2), "ones": (0, 4), "zeros": (0, 4),
    "diff": (2, 4), "reshaped": (2, 5), "hypot": (2, 2), "mean": (1, 2), "total": (1, 2),
    "largest": (1, 2), "smallest": (1, 2), "variance": (1, 2), "deviation": (1, 2),
    "sample_variance": (1, 2), "sample_deviation": (1, 2), "logsumexp": (1, 2),
    "logaddexp": (2, 2), "entry_power": (2, 2), "solved": (2, 2),
    "gradient": (2, 2), "concat": (1, 8), "round": (1, 1), "exp": (1, 1),
}  # fmt: skip
"""How many arguments; one, where nothing is said."""

CONSTANTS = {"pi": "π", "π": "π", "e": "e", "E": "e", "oo": "∞", "inf": "∞", "Infinity": "∞"}
SUMS = {"sum": "sum", "Sum": "sum", "Σ": "sum", "prod": "prod", "Product": "prod", "Π": "prod",
        "product": "prod"}  # fmt: skip
KNOWN = {**dict.fromkeys(FUNCTIONS), **dict.fromkeys(SUMS), "Piecewise": None}
LINEAR_OPENERS = {"(": ")", "[": "]", "{": "}", "⦃": "⦄"}
