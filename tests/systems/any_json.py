"""Any small JSON value: what may stand in the place of each field of an answer."""

from hypothesis import strategies as st

_texts = st.text(st.characters(codec="ascii"), max_size=6)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=5,
)
