"""Connected components by union-find: every node is named by the smallest that it is tied to.

The result is a property of the set of edges; their order and the number of threads leave no trace.
"""

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled

Nodes = npt.NDArray[np.int32]


@borrowing
def root(parent: Nodes, node: int) -> int:
    """The smallest node of *node*'s component, as known so far; halves the path to it."""
    while True:
        above: int = parent[node]
        top: int = parent[above]
        if top == above:
            return above
        parent[node] = top
        node = top


@borrowing
def tie(parent: Nodes, one: int, other: int) -> int:
    """Make the components of two nodes one, named by the smaller: which that is."""
    a, b = root(parent, one), root(parent, other)
    if a < b:
        parent[b] = a
        return a
    if b < a:
        parent[a] = b
    return b


@borrowing
def tie_all(parent: Nodes, left: Nodes, right: Nodes) -> None:
    """Tie ``left[i]`` and ``right[i]`` for all *i*."""
    for i in range(len(left)):
        tie(parent, left[i], right[i])


@borrowing
def settle(parent: Nodes) -> None:
    """Point every node at its component's smallest; a parent is never larger than its child."""
    for node in range(len(parent)):
        parent[node] = parent[parent[node]]


@borrowing
def settle_some(parent: Nodes, nodes: Nodes) -> None:
    """Likewise only *nodes*."""
    for node in nodes:
        parent[node] = root(parent, node)


@compiled
def of_components(component: Nodes, chosen: Nodes) -> Nodes:
    """The nodes, rising, of components that have one of the *chosen* nodes."""
    wanted = np.zeros(len(component), dtype=np.bool_)
    for node in chosen:
        wanted[component[node]] = True
    return of_marked(component, wanted)


@compiled
def of_marked(component: Nodes, wanted: npt.NDArray[np.bool_]) -> Nodes:
    """The nodes, rising, of components that are *wanted*, as is said at their smallest node."""
    found, to = np.empty(len(component), dtype=np.int32), 0
    for node in range(len(component)):
        found[to] = node
        to += wanted[component[node]]
    return found[:to].copy()


@compiled
def sizes_of(component: Nodes) -> Nodes:
    """How many nodes each component has, at its smallest node; 0 at all others."""
    sizes = np.zeros(len(component), dtype=np.int32)
    for node in range(len(component)):
        sizes[component[node]] += 1
    return sizes


def smallest_of(left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], nodes: int) -> Nodes:
    """Per node (from 0) the smallest node that it is connected with, by edges left-right."""
    parent = np.arange(nodes, dtype=np.int32)
    tie_all(parent, left.astype(np.int32, copy=False), right.astype(np.int32, copy=False))
    settle(parent)
    return parent
