"""The settings of all stages but training: before it (data, world, distill) and after it (evaluate, precompute, page)."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit

BEFORE: tuple[Setting, ...] = (
    # data
    Setting(
        "data.core",
        5,
        "interactions",
        "keep only users and items with at least this many, as the released sets do; 0 or 1 keeps all",
        0,
        1000,
    ),
    Setting(
        "data.ties",
        "hash",
        "",
        "order of the purchases of a user that have the same time (in 2014 and 2018: the same day): hash, by a hash of seed, user and item; "
        "file, as they stand in the file, which is often sorted by product and so gives answers away",
        choices=("hash", "file"),
    ),
    Setting(
        "data.seed",
        0,
        "",
        "seed of the order of ties and the review split (import), the invented data set (make), the negatives (export), the permuted ids (audit)",
        0,
        2**31 - 1,
    ),
    Setting(
        "data.faulty_share",
        0.01,
        "",
        "share of faulty lines that an import accepts: it leaves them out, counts and reports them; a file with more is refused, but 3 lines are "
        "always accepted unless the share is 0",
        0,
        1,
    ),
    limit(
        "data.faulty_few",
        3,
        "lines",
        "accepted as faulty in a file of any size, unless the share is 0: in a small file a share says little",
    ),
    limit(
        "data.judged_lines",
        10_000,
        "lines",
        "an import stops here if most of the lines so far are faulty (more than half, or halfway between --faulty-share and all): it is another kind of file",
    ),
    limit("data.max_reasons", 30, "reasons", "for leaving out lines that a report names; the others are counted together"),
    limit(
        "data.max_line_bytes",
        4_000_000,
        "bytes",
        "the longest real review line is under 100 kB; a longer one is an attack or a wrong file",
    ),
    limit("data.max_unpacked_bytes", 64 * 2**30, "bytes", "the largest Amazon 2023 category unpacks to about 60 GiB"),
    limit("data.max_gzip_ratio", 100, "", "of gzip, zip and Parquet: real review text packs 3 to 8 times, a bomb 1,000 times"),
    limit("data.gzip_grace_bytes", 2**20, "bytes", "the ratio is judged once this much is unpacked: tiny files pack oddly"),
    limit(
        "data.max_zip_directory_bytes",
        2**20,
        "bytes",
        "about 10,000 names of files in a zip archive; all are in memory before they can be counted",
    ),
    limit(
        "data.parquet_memory",
        2**29,
        "bytes",
        "for measuring a Parquet file before it is unpacked; a page of a real one has about 1 MB",
    ),
    limit("data.max_footer_bytes", 2**24, "bytes", "of one text or list in what a Parquet file says of itself"),
    limit(
        "data.max_json_bytes",
        2**29,
        "bytes",
        "explanation_rationale.json of Sports, the largest file read whole, is under 150 MB",
    ),
    limit(
        "data.max_literal_bytes",
        200_000,
        "bytes",
        "a 2014 metadata line is under 60 kB; Python's own parser needs about 100 times the line in memory",
    ),
    limit(
        "data.max_faults",
        100,
        "faults",
        "reading of a released file, or of any file under --strict, stops there: such a file is of another kind, not one with a few slips",
    ),
    limit("data.max_key_chars", 100, "characters", "user and item keys of Amazon have 10 to 28"),
    limit("data.max_title_chars", 500, "characters", "longer titles, summaries and category paths are cut"),
    limit(
        "data.earliest_time",
        631_152_000,
        "Unix seconds",
        "1990, before the first online shop: an earlier time was given in another unit",
    ),
    limit("data.latest_time", 4_102_444_800, "Unix seconds", "2100: a later time was given in another unit"),
    limit(
        "data.max_review_chars",
        20_000,
        "characters",
        "longer reviews are cut; the longest in the released sets is about 30,000",
    ),
    limit(
        "data.max_download_bytes",
        64 * 10**9,
        "bytes",
        "the largest category of Amazon 2023 has 67 million reviews, at under 500 bytes each by those whose size is known",
    ),
    limit("data.download_timeout", 30, "seconds", "without a byte from a download's server: the connection is taken for dead"),
    limit("data.download_tries", 5, "requests", "of a download in a row that bring nothing new, with growing pauses"),
    limit(
        "data.unescape_rounds",
        4,
        "rounds",
        "real reviews hold entities of entities, two or three deep; hostile ones any number",
    ),
    limit(
        "data.waiting_chars",
        50_000_000,
        "characters",
        "of review text that an import holds before it writes them to a temporary file",
    ),
    limit("data.negatives", 99, "items", "the top-N task ranks 1 positive among 99 negatives (RDRec, section 4.1)"),
    limit(
        "data.id_axes",
        64,
        "axes",
        "by which items are told apart for clustered numbers: 13 clusters of 1,000 items need a few, their places within a cluster more",
    ),
    limit("data.min_leave_one_out", 3, "interactions", "a user with fewer has no training, validation and test item at once"),
    # world
    Setting("world.users", 1200, "shoppers", "of an invented data set", 1, 10_000_000),
    Setting("world.workers", 1, "processes", "that make an invented data set; the bytes are the same with any number", 1, 64),
    # distill
    limit(
        "distill.max_sentence_chars", 300, "characters", "a rationale is one short sentence; a longer one is a failed answer"
    ),
    limit("distill.journal_batch", 64, "reviews", "synced together: at most this many answers are asked again after a crash"),
    limit("distill.max_answer_chars", 20_000, "characters", "of a language model's raw answer; 700 tokens are about 3,000"),
    limit("distill.max_opinions", 16, "opinions", "of one review; a longer list is a model that repeats itself"),
    limit("distill.max_phrases", 4, "phrases", "in each list of an answer: more is a model that repeats itself"),
    limit("distill.max_phrase_chars", 80, "characters", "of one phrase; more is a sentence of the review"),
    limit("distill.max_phrase_words", 14, "words", "of one phrase, so that it fits into a sentence of 20"),
    limit("distill.max_shards", 10_000, "shards", "of one run; each leaves a folder"),
    limit(
        "distill.attempts", 3, "answers", "a model may give for a review: the first and two more after one that does not parse"
    ),
    Setting(
        "distill.prompt", "lists", "", "prompt: the name of a file in assets/prompts, or the path of a .toml file of your own"
    ),
    Setting("distill.seed", 0, "", "random seed of a language model's sampling", 0, 2**31 - 1),
    Setting(
        "distill.parallel",
        1,
        "reviews",
        "that the teacher llama reads at the same time; with 1 a repeated run gives the same bytes, with more a few words may differ",
        1,
        64,
    ),
    Setting(
        "distill.context",
        4096,
        "tokens",
        "for prompt, review and answer together, of the teacher llama; memory grows with it",
        512,
        131_072,
    ),
    Setting("distill.threads", 0, "threads", "that the teacher llama computes with; 0: one per core", 0, 256),
    Setting(
        "distill.gpu_layers",
        -1,
        "layers",
        "that the teacher llama puts on a GPU; -1: all, if xllamacpp was built for one",
        -1,
        1000,
    ),
    Setting(
        "distill.concurrency", 32, "requests", "that are open at a server at the same time, which it can then batch", 1, 1024
    ),
    Setting(
        "distill.timeout",
        120.0,
        "seconds",
        "allowed for one answer, from the first byte sent to the last one read",
        0.1,
        3600.0,
    ),
    Setting("distill.max_requests", 0, "requests", "that this run may send; 0: no limit", 0, 10**9),
    Setting(
        "distill.max_total_tokens",
        0,
        "tokens",
        "that the model may read and write in this run; 0: no limit",
        0,
        10**12,
    ),
    Setting("distill.max_cost", 0.0, "dollars", "that this run may cost by the two prices; 0: no limit", 0.0, 10.0**6),
    Setting("distill.price_in", 0.0, "dollars", "price of a million tokens that the model reads", 0.0, 10.0**4),
    Setting("distill.price_out", 0.0, "dollars", "price of a million tokens that the model writes", 0.0, 10.0**4),
    Setting(
        "distill.batch_tokens",
        16_384,
        "tokens",
        "of prompts and answers in one batch of the teacher local; with 16,384, a 7B model in NF4 needs about 13 GB of GPU memory (calculated)",
        256,
        10**7,
    ),
    limit(
        "distill.sorting_window",
        512,
        "reviews",
        "sorted by length before they are cut into batches; answers wait no longer than that",
    ),
    limit("distill.least_review_tokens", 64, "tokens", "of a review that a prompt must leave room for"),
    Setting(
        "distill.engine",
        "single",
        "",
        "one process, or workers on a Ray cluster (requirements-ray.txt)",
        choices=("single", "ray"),
    ),
    Setting("distill.workers", 2, "workers", "on Ray, each with its own model or its own connection to the server", 1, 10_000),
    Setting(
        "distill.worker_gpus", 0.0, "GPUs", "for each worker on Ray; 1 for a local model, 0 for http and keywords", 0.0, 64.0
    ),
    Setting("distill.processes", 0, "processes", "that read with the teacher keywords; 0: one per core, at most 8", 0, 64),
    limit(
        "distill.most_processes", 8, "processes", "that read unasked: each holds the word lists, about 100 MB with the program"
    ),
    limit("distill.pool_from", 500, "reviews", "that are read by several processes: they take a second or two to start"),
    limit(
        "distill.pool_piece",
        16,
        "reviews",
        "that a process is given at once: about 60 ms of work, so that Ctrl-C need not wait",
    ),
    limit("distill.cluster_patience", 10, "seconds", "for a first connection to a Ray cluster that is named by its address"),
    limit(
        "distill.measured",
        2000,
        "rationales",
        "of a teacher, a seeded sample, that are checked against their reviews at the end of a run",
    ),
    limit(
        "distill.entailed",
        500,
        "rationales",
        "of a teacher, a seeded sample, whose claims a model reads with --entailment: about 4,000 pairs with the control",
    ),
    limit(
        "distill.entailment_window",
        512,
        "tokens",
        "of review and claim read at once: models are trained on shorter pairs; a longer review is read in pieces",
    ),
    limit("distill.entailment_overlap", 64, "tokens", "that such pieces share, so that no sentence is only cut in two"),
    limit(
        "distill.entailment_batch",
        8192,
        "tokens",
        "of one batch: activations of a large model (24 layers) then take about 1 GB by calculation",
    ),
    limit("distill.shown_examples", 5, "reviews", "where two teachers differ most, printed by a comparison"),
    limit("distill.tries", 5, "requests", "for one answer while the server is busy or fails, with growing pauses"),
    limit("distill.most_lost", 5, "reviews", "in a row that a server may fail before the run ends: it is down, not unlucky"),
    limit("distill.longest_wait", 300, "seconds", "that a server may ask to wait (Retry-After); a longer one ends the run"),
    limit("distill.max_answer_bytes", 1_000_000, "bytes", "of a server's reply; 700 tokens are about 5 kB"),
)

AFTER: tuple[Setting, ...] = (
    # evaluate
    Setting("evaluate.batch_users", 64, "users", "ranked together; length-sorted", 1, 4096),
    Setting("evaluate.sample", 500, "purchases", "held-out ones about which students write, with --text", 2, 10_000_000),
    limit("evaluate.bootstrap", 1000, "resamples", "for the 95 % interval over users"),
    limit("evaluate.permutations", 9999, "resamples", "of the paired sign-flip test: the smallest p is 1 in 10,000"),
    limit(
        "evaluate.check_rows",
        2000,
        "texts",
        "held-out ones of each task, a seeded sample, on which the manipulation check measures gap and yardstick",
    ),
    limit(
        "evaluate.check_least_rows",
        20,
        "texts",
        "of fewer held-out ones the check says nothing: its interval would be too wide",
    ),
    limit("evaluate.check_texts", 500, "texts", "that a student writes for the check: enough for shares within 5 %"),
    limit(
        "evaluate.yardstick_share",
        0.5,
        "",
        "of the gap of n-gram counts that a student must reach to have learned its rationales",
    ),
    limit(
        "evaluate.least_yardstick",
        0.02,
        "nats a token",
        "where the gap of n-gram counts is below this, the rationales say nothing about the user (the item); real ones of the offline teacher reach .004",
    ),
    # precompute
    limit("precompute.top", 20, "items", "predictions kept for each user, student and task"),
    # page
    Setting("serve.port", 7860, "", "where the page listens", 1, 65535),
    Setting("serve.host", "127.0.0.1", "", "0.0.0.0 opens the page to the network"),
    limit(
        "live.card_seconds",
        8,
        "seconds",
        "asked of a lent card for one answer: 4 to start cold, 1 to load students, the rest to spare",
    ),
    limit("live.card_review_seconds", 12, "seconds", "asked of a lent card for a review that a language model reads"),
    limit("live.card_rankings", 100, "rankings", "of one student that a lent card makes in a second, by a careful estimate"),
    limit("page.search_results", 50, "users", "a longer list is not read by anyone and makes the page heavy"),
    limit("page.search_chars", 80, "characters", "longer search text is cut"),
    limit("page.history_rows", 100, "interactions", "the most recent are shown; the page says how many are not"),
    limit("page.item_results", 8, "products", "that a search for a product lists: they stand open below each other"),
    limit("page.pins", 3, "variants", "of edited purchases side by side; more columns fit on no screen"),
    limit("page.guesses", 300, "guesses", "on one question: a lecture room, each hand once"),
    limit("page.questions", 100, "questions", "of a session that are remembered as revealed; more come up in no lecture"),
    limit("page.queue", 64, "calls", "waiting live predictions; one more is told that the page is busy"),
    limit(
        "page.teacher_calls",
        12,
        "calls",
        "of the queue that language models may take: a slow one must not keep live predictions waiting",
    ),
    limit(
        "page.client_calls",
        24,
        "calls",
        "of one address that wait, or whose answers were not fetched: half of the queue stays for others; a classroom may share one",
    ),
    limit("page.client_teacher_calls", 4, "calls", "of one address to a language model at once"),
    limit("page.unread_seconds", 300, "seconds", "after which an answer that nobody fetched no longer counts"),
    limit(
        "page.client_sessions",
        250,
        "sessions",
        "of one address that are remembered, half of all; a classroom may share one",
    ),
    limit("page.review_chars", 6_000, "characters", "of a review that a visitor has read; the prompts read no more either"),
    limit("page.patience", 90, "seconds", "for a language model's answer to a visitor, waiting for its turn apart"),
    limit("lab.seconds", 60, "seconds", "of processor time that one training on the page may take; the system ends it there"),
    limit("lab.shoppers", 300, "shoppers", "that a student on the page is trained on: each round then takes a few seconds"),
    limit("lab.rows", 32, "rows", "of each task in a step of a training on the page"),
    limit("page.set_memory", 2**31, "bytes", "for the tables of one set: those of 2 million rows take under 1 GB"),
    limit("storage.max_manifest_bytes", 2**24, "bytes", "of a manifest: the largest lists some hundred files in 100 kB"),
    limit("page.rooms", 40, "rooms", "for voting by phone, open at once: full ones take about 6 MB together"),
    limit("page.client_rooms", 5, "rooms", "of one address at once: a few lecturers behind the address of one campus"),
    limit("page.room_minutes", 120, "minutes", "after which a room ends by itself: two lessons with the break between them"),
    limit("page.room_voters", 600, "browsers", "whose votes a room counts on one question: three times a class of 200"),
    limit(
        "page.room_screens", 4, "screens", "that follow the votes of a room: the projector, the lectern, a reload that overlaps"
    ),
    limit(
        "page.room_heartbeat",
        10,
        "seconds",
        "between two messages to a screen while nothing changes: proxies close silent connections",
    ),
    limit(
        "page.room_poll", 4, "seconds", "between two looks of a phone at its room: 200 phones make 50 short requests a second"
    ),
    limit(
        "page.log_lines", 200, "lines", "that a served page writes to its log in a minute; what is left out is counted there"
    ),
    limit("page.log_repeats", 3, "records", "of one kind in the log in a minute; those after them are counted"),
    limit("page.max_body_bytes", 65_536, "bytes", "the largest request that the page's own controls make is under 10 kB"),
)
