"""The compact T5 that learns five tasks from interactions and rationales, and its quantised versions."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "batches": ("Batch", "IGNORED", "make_batch", "Row", "target_of"),
    "checkpoint": ("load_student", "LoadedStudent", "read_card", "StudentCard"),
    "device": ("choose_device", "faster_dtype"),
    "fast_linear": ("onednn", "onednn_pays", "speed_up"),
    "gap": ("Gap", "own_and_other", "partners", "RowLosses"),
    "launch": ("together",),
    "model": ("Encoding", "set_dropout", "Student"),
    "quantize": ("layer_names", "memory_bytes", "OUTPUT_LAYER", "PRECISIONS", "quantize", "quantized_copy", "weight_bytes"),
    "released": ("import_released",),
    "run": ("beginner", "run_training", "RunPlan"),
    "sampling": ("Sampler", "text_rows", "TextRows"),
    "shapes": ("t5_config",),
    "state": ("discard_state", "read_state", "SavedState", "write_state"),
    "step": ("add_gradients", "PRECISIONS"),
    "tasks": ("id_target", "input_text", "left_out", "RATIONALE_TASKS", "Task", "TEMPLATES", "without_user"),
    "team": ("join", "launched", "leave"),
    "tokenizer": ("Encoded", "StudentTokenizer"),
    "train": ("CLIP", "EpochRecord", "train", "TrainSettings"),
}
