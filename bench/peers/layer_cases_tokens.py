"""Layers of tokens and graphs: embeddings, positions, attention, propagation."""
import torch
import torch.nn.functional as F
from layer_case import one_layer as case


def attention_case(name, shape, layer):
    options = {"heads": 1, "width": shape[1], "causal": False, "scaling": "standard", **layer}
    heads, width, linear = options["heads"], options["width"], options["scaling"] == "linear"

    def forward(x, **p):
        def project(key):
            flat = F.linear(x, p[key], p[f"{key}Bias"])
            return flat.reshape(*flat.shape[:2], heads, width // heads).transpose(1, 2)

        q = project("query")
        k = q if linear else project("key")
        scale = heads / width if linear else None
        attended = F.scaled_dot_product_attention(q, k, project("value"), is_causal=options["causal"], scale=scale)
        joined = attended.transpose(1, 2).reshape(*x.shape[:2], width)
        return F.linear(joined, p["out"], p["outBias"])

    names = ["query", *([] if linear else ["key"]), "value"]
    parameters = {}
    for key in names:
        parameters |= {key: [width, shape[1]], f"{key}Bias": [width]}
    parameters |= {"out": [width, width], "outBias": [width]}
    return case(name, {"kind": "selfAttention", **layer}, ("tokens", shape), parameters, forward)


def sinusoids(count, channels):
    position = torch.arange(count).unsqueeze(1)
    frequency = 10_000.0 ** (-torch.arange(0, channels, 2) / channels)
    table = torch.zeros(count, channels)
    table[:, 0::2] = torch.sin(position * frequency)
    table[:, 1::2] = torch.cos(position * frequency[: channels // 2])
    return table


def propagation(nodes, edges, normalisation):
    """graphs.md, section 1: from A + I."""
    a = torch.eye(nodes)
    for i, j in edges:
        a[i, j] = a[j, i] = 1
    degree = a.sum(1)
    if normalisation == "gcn":
        return a / torch.sqrt(degree.unsqueeze(0) * degree.unsqueeze(1))
    return a / degree.unsqueeze(1) if normalisation == "row" else a


def aggregate_case(name, input_shape, graph, matrix):
    return case(name, {"kind": "aggregate", "graph": graph}, input_shape, {}, lambda x: matrix @ x)


def grid_edges(height, width):
    at = lambda i, j: i * width + j  # noqa: E731
    right = [(at(i, j), at(i, j + 1)) for i in range(height) for j in range(width - 1)]
    return right + [(at(i, j), at(i + 1, j)) for i in range(height - 1) for j in range(width)]


def tokens():
    embed = {"kind": "embedding", "vocabulary": 5, "width": 3}
    ids = [[4, 0, 0, 2], [1, 4, 3, 1]]
    return [
        case("ids seen twice", embed, ("ids", [4]), {"table": [5, 3]}, lambda x, table: F.embedding(x, table), ids=ids),
        case("learned", {"kind": "positional"}, ("tokens", [3, 4]), {"table": [3, 4]}, lambda x, table: x + table),
        case(
            "sinusoidal",
            {"kind": "positional", "encoding": "sinusoidal"},
            ("tokens", [4, 5]),
            {},
            lambda x: x + sinusoids(4, 5),
        ),
        attention_case("one head", [3, 2], {}),
        attention_case("causal heads", [4, 4], {"heads": 2, "causal": True}),
        attention_case("another width", [3, 2], {"heads": 3, "width": 6}),
        attention_case("linear scaling", [3, 4], {"heads": 2, "scaling": "linear"}),
        attention_case("linear scaling, causal", [3, 2], {"scaling": "linear", "causal": True}),
    ]


def aggregations():
    edges = [[0, 1], [3, 1], [1, 4]]
    five = ("graph", [5, 2])
    rectangular = {"shape": [2, 3], "indptr": [0, 2, 3], "indices": [2, 0, 1], "values": [0.5, -1, 2]}
    matrix = torch.tensor([[-1.0, 0.0, 0.5], [0.0, 2.0, 0.0]])
    return [
        aggregate_case("grid", ("tokens", [6, 2]), {"grid": [2, 3]}, propagation(6, grid_edges(2, 3), "gcn")),
        aggregate_case("edges, gcn", five, {"nodes": 5, "edges": edges}, propagation(5, edges, "gcn")),
        aggregate_case(
            "edges, row", five, {"nodes": 5, "edges": edges, "normalisation": "row"}, propagation(5, edges, "row")
        ),
        aggregate_case(
            "edges twice, none",
            five,
            {"nodes": 5, "edges": [*edges, [1, 0]], "normalisation": "none"},
            propagation(5, edges, "none"),
        ),
        aggregate_case("a matrix", ("tokens", [3, 2]), rectangular, matrix),
    ]


def cases():
    return [*tokens(), *aggregations()]
