"""Write the local model's weights again, rounded more coarsely: a second model to compare with.

python notebooks/coarser.py OUTPUT.gguf
"""

from __future__ import annotations

import sys
from pathlib import Path

from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, quants

from chat_magic.transport.local.weights import locate

FINE, COARSE = GGMLQuantizationType.Q4_1, GGMLQuantizationType.Q4_0


def write_coarser(source: Path, target: Path) -> None:
    """Copy a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).

    Weights that have a scale and an offset for each 32 of them keep only the scale.
    """
    reader = GGUFReader(source)
    writer = GGUFWriter(target, reader.fields["general.architecture"].contents())
    _copy_fields(reader, writer)
    for tensor in reader.tensors:
        data, kind = tensor.data, tensor.tensor_type
        if kind is FINE:
            data, kind = quants.quantize(quants.dequantize(data, FINE), COARSE), COARSE
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_fields(reader: GGUFReader, writer: GGUFWriter) -> None:
    """Copy what the file says of the model; the writer says itself how the file is laid out."""
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind, of = field.types[0], field.types[-1]
        writer.add_key_value(
            name, field.contents(), kind, of if kind is GGUFValueType.ARRAY else None
        )


if __name__ == "__main__":
    goal = Path(sys.argv[1])
    if not goal.exists():
        goal.parent.mkdir(parents=True, exist_ok=True)
        write_coarser(locate(lambda *_: None), goal)
