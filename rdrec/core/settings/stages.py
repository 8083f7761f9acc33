"""Settings of all stages except training: before it (data, world, distill) and after it (evaluate, precompute, page)."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit

BEFORE: tuple[Setting, ...] = (
    # data
    Setting(
        "data.core",
        5,
        "interactions",
        "Keep only users and items with at least this many interactions, as the released sets do; 0 or 1 keeps all.",
        0,
        1000,
    ),
    Setting(
        "data.ties",
        "hash",
        "",
        "How to order purchases of one user that have the same time (in the 2014 and 2018 sets: the same day). hash: by a hash "
        "of seed, user and item. file: as in the file, which is often sorted by product and so gives answers away.",
        choices=("hash", "file"),
    ),
    Setting(
        "data.seed",
        0,
        "",
        "Random seed for the order of ties and the review split (import), the invented data set (make), the negatives (export) "
        "and the permuted IDs (audit).",
        0,
        2**31 - 1,
    ),
    Setting(
        "data.faulty_share",
        0.01,
        "",
        "Largest share of faulty lines that an import accepts. Faulty lines are left out, counted and reported. A file with a "
        "larger share is refused, but 3 faulty lines are always accepted unless the share is 0.",
        0,
        1,
    ),
    limit(
        "data.faulty_few",
        3,
        "lines",
        "Faulty lines accepted in a file of any size, unless --faulty-share is 0: in a small file a share says little.",
    ),
    limit(
        "data.judged_lines",
        10_000,
        "lines",
        "Lines after which an import stops if most of them are faulty (more than half, or more than halfway between --faulty-"
        "share and 1): the file is probably of another kind.",
    ),
    limit(
        "data.max_reasons",
        30,
        "reasons",
        "Different reasons for leaving out lines that a report lists; the others are counted together.",
    ),
    limit(
        "data.max_line_bytes",
        4_000_000,
        "bytes",
        "Longest line of a review file. The longest real one is under 100 kB; a longer one is an attack or a wrong file.",
    ),
    limit(
        "data.max_unpacked_bytes",
        64 * 2**30,
        "bytes",
        "Largest size of an unpacked file. The largest Amazon 2023 category unpacks to about 60 GiB.",
    ),
    limit(
        "data.max_gzip_ratio",
        100,
        "",
        "Largest compression ratio of gzip, zip and Parquet files. Review text compresses 3 to 8 times, a decompression bomb "
        "1,000 times.",
    ),
    limit(
        "data.gzip_grace_bytes",
        2**20,
        "bytes",
        "Unpacked size from which the compression ratio is checked: very small files have unusual ratios.",
    ),
    limit(
        "data.max_zip_directory_bytes",
        2**20,
        "bytes",
        "Largest file list of a zip archive, enough for about 10,000 names. The whole list is in memory before it can be counted.",
    ),
    limit(
        "data.parquet_memory",
        2**29,
        "bytes",
        "Memory for measuring a Parquet file before it is unpacked. A page of a normal file takes about 1 MB.",
    ),
    limit("data.max_footer_bytes", 2**24, "bytes", "Largest single text or list in the metadata of a Parquet file."),
    limit(
        "data.max_json_bytes",
        2**29,
        "bytes",
        "Largest JSON file read in one piece. The largest released one, explanation_rationale.json of Sports, is under 150 MB.",
    ),
    limit(
        "data.max_literal_bytes",
        200_000,
        "bytes",
        "Longest line of 2014 metadata. Real ones are under 60 kB, and Python's own parser needs about 100 times the line in memory.",
    ),
    limit(
        "data.max_faults",
        100,
        "faults",
        "Faults after which reading a released file, or any file under --strict, stops: so many point to a file of another kind.",
    ),
    limit("data.max_key_chars", 100, "characters", "Longest user or item key. Amazon's have 10 to 28 characters."),
    limit("data.max_title_chars", 500, "characters", "Longer titles, summaries and category paths are cut."),
    limit(
        "data.earliest_time",
        631_152_000,
        "Unix seconds",
        "Earliest time accepted: 1990, before the first online shop. An earlier time was given in another unit.",
    ),
    limit(
        "data.latest_time",
        4_102_444_800,
        "Unix seconds",
        "Latest time accepted: the year 2100. A later time was given in another unit.",
    ),
    limit(
        "data.max_review_chars",
        20_000,
        "characters",
        "Longer reviews are cut. The longest in the released sets is about 30,000.",
    ),
    limit(
        "data.max_download_bytes",
        64 * 10**9,
        "bytes",
        "Largest download. The largest Amazon 2023 category has 67 million reviews, which take under 500 bytes each in the "
        "categories whose size is known.",
    ),
    limit(
        "data.download_timeout", 30, "seconds", "Time without any data after which a download's connection is considered dead."
    ),
    limit(
        "data.download_tries",
        5,
        "requests",
        "Attempts in a row without progress before a download fails, with growing pauses between them.",
    ),
    limit(
        "data.unescape_rounds",
        4,
        "rounds",
        "How often HTML entities are decoded. In real reviews they are nested two or three deep; a hostile text can nest them "
        "any number of times.",
    ),
    limit(
        "data.waiting_chars",
        50_000_000,
        "characters",
        "Review text that an import keeps in memory before it writes it to a temporary file.",
    ),
    limit(
        "data.negatives",
        99,
        "items",
        "Negatives for each user: the top-N task ranks 1 positive among 99 negatives (RDRec, section 4.1).",
    ),
    limit(
        "data.id_axes",
        64,
        "axes",
        "Dimensions used to compare items for clustered IDs. Finding 13 clusters among 1,000 items takes only a few, the order "
        "within a cluster more.",
    ),
    limit(
        "data.min_leave_one_out",
        3,
        "interactions",
        "Users with fewer interactions cannot have a training, a validation and a test item.",
    ),
    # world
    Setting("world.users", 1200, "shoppers", "Shoppers of an invented data set.", 1, 10_000_000),
    Setting(
        "world.workers",
        1,
        "processes",
        "Processes that make an invented data set. The files are identical with any number of processes.",
        1,
        64,
    ),
    # distill
    limit(
        "distill.max_sentence_chars",
        300,
        "characters",
        "Longest sentence accepted as a rationale. A rationale is one short sentence; a longer one counts as a failed answer.",
    ),
    limit(
        "distill.journal_batch",
        64,
        "reviews",
        "Reviews saved to disk together; after a crash at most this many are sent to the teacher again.",
    ),
    limit(
        "distill.max_answer_chars",
        20_000,
        "characters",
        "Longest raw answer of a language model; 700 tokens are about 3,000 characters.",
    ),
    limit(
        "distill.max_opinions",
        16,
        "opinions",
        "Most opinions in the answer for one review. A longer list means that the model repeats itself.",
    ),
    limit(
        "distill.max_phrases",
        4,
        "phrases",
        "Most phrases in each list of an answer. A longer list means that the model repeats itself.",
    ),
    limit(
        "distill.max_phrase_chars", 80, "characters", "Longest phrase. Anything longer is a sentence copied from the review."
    ),
    limit("distill.max_phrase_words", 14, "words", "Most words in a phrase, so that it fits into a sentence of 20 words."),
    limit("distill.max_shards", 10_000, "shards", "Most parts into which one run can be divided; each leaves a folder."),
    limit(
        "distill.attempts", 3, "answers", "Answers requested for one review: the first, and two more if it cannot be parsed."
    ),
    Setting("distill.prompt", "lists", "", "Prompt: the name of a file in assets/prompts, or the path of your own .toml file."),
    Setting("distill.seed", 0, "", "Random seed for the sampling of a language model.", 0, 2**31 - 1),
    Setting(
        "distill.parallel",
        1,
        "reviews",
        "Reviews that the teacher llama reads at the same time. With 1, a repeated run gives identical files; with more, a few "
        "words may differ.",
        1,
        64,
    ),
    Setting(
        "distill.context",
        4096,
        "tokens",
        "Context length of the teacher llama: prompt, review and answer together. Memory grows with it.",
        512,
        131_072,
    ),
    Setting("distill.threads", 0, "threads", "Threads used by the teacher llama; 0: one per core.", 0, 256),
    Setting(
        "distill.gpu_layers",
        -1,
        "layers",
        "Layers of the teacher llama that run on a GPU; -1: all, if xllamacpp was built with GPU support.",
        -1,
        1000,
    ),
    Setting(
        "distill.concurrency",
        32,
        "requests",
        "Requests open at a server at the same time, which the server can batch.",
        1,
        1024,
    ),
    Setting(
        "distill.timeout",
        120.0,
        "seconds",
        "Time allowed for one answer, from the first byte sent to the last byte read.",
        0.1,
        3600.0,
    ),
    Setting("distill.max_requests", 0, "requests", "Most requests this run may send; 0: no limit.", 0, 10**9),
    Setting(
        "distill.max_total_tokens",
        0,
        "tokens",
        "Most tokens the model may read and write in this run; 0: no limit.",
        0,
        10**12,
    ),
    Setting(
        "distill.max_cost",
        0.0,
        "dollars",
        "Most this run may cost, calculated from --price-in and --price-out; 0: no limit.",
        0.0,
        10.0**6,
    ),
    Setting("distill.price_in", 0.0, "dollars", "Price of a million input tokens.", 0.0, 10.0**4),
    Setting("distill.price_out", 0.0, "dollars", "Price of a million output tokens.", 0.0, 10.0**4),
    Setting(
        "distill.batch_tokens",
        16_384,
        "tokens",
        "Tokens of prompts and answers in one batch of the teacher local. With 16,384, a 7B model in NF4 needs about 13 GB of "
        "GPU memory (calculated).",
        256,
        10**7,
    ),
    limit(
        "distill.sorting_window",
        512,
        "reviews",
        "Reviews sorted by length before they are cut into batches; no answer waits for more than this many.",
    ),
    limit("distill.least_review_tokens", 64, "tokens", "Tokens that the prompt must leave free for the review."),
    Setting(
        "distill.engine",
        "single",
        "",
        "Where to run: single, in one process; ray, in workers on a Ray cluster (requirements-ray.txt).",
        choices=("single", "ray"),
    ),
    Setting(
        "distill.workers",
        2,
        "workers",
        "Workers on Ray, each with its own model or its own connection to the server.",
        1,
        10_000,
    ),
    Setting(
        "distill.worker_gpus", 0.0, "GPUs", "GPUs for each Ray worker: 1 for a local model, 0 for http and keywords.", 0.0, 64.0
    ),
    Setting("distill.processes", 0, "processes", "Processes of the teacher keywords; 0: one per core, at most 8.", 0, 64),
    limit(
        "distill.most_processes",
        8,
        "processes",
        "Most processes started when --processes is not set. Each one loads the word lists and takes about 100 MB in all.",
    ),
    limit(
        "distill.pool_from",
        500,
        "reviews",
        "Reviews from which several processes are used: they take a second or two to start.",
    ),
    limit(
        "distill.pool_piece",
        16,
        "reviews",
        "Reviews given to a process at a time, about 60 ms of work, so that Ctrl-C takes effect at once.",
    ),
    limit(
        "distill.cluster_patience",
        10,
        "seconds",
        "Time allowed for the first connection to a Ray cluster given by its address.",
    ),
    limit(
        "distill.measured",
        2000,
        "rationales",
        "Rationales of a teacher that are checked against their reviews at the end of a run: a seeded sample.",
    ),
    limit(
        "distill.entailed",
        500,
        "rationales",
        "Rationales of a teacher whose claims are checked by a model with --entailment: a seeded sample, about 4,000 pairs with"
        " the control.",
    ),
    limit(
        "distill.entailment_window",
        512,
        "tokens",
        "Tokens of review and claim checked together. The models are trained on shorter pairs; a longer review is checked in pieces.",
    ),
    limit(
        "distill.entailment_overlap",
        64,
        "tokens",
        "Tokens that neighbouring pieces share, so that every sentence is whole in at least one of them.",
    ),
    limit(
        "distill.entailment_batch",
        8192,
        "tokens",
        "Tokens in one batch. The activations of a large model (24 layers) then take about 1 GB (calculated).",
    ),
    limit("distill.shown_examples", 5, "reviews", "Reviews on which two teachers differ most, printed by a comparison."),
    limit(
        "distill.tries", 5, "requests", "Requests sent for one answer while the server is busy or fails, with growing pauses."
    ),
    limit(
        "distill.most_lost",
        5,
        "reviews",
        "Reviews in a row for which the server fails before the run ends: so many failures mean that the server is down.",
    ),
    limit(
        "distill.longest_wait",
        300,
        "seconds",
        "Longest wait that a server may ask for (Retry-After); a longer one ends the run.",
    ),
    limit("distill.max_answer_bytes", 1_000_000, "bytes", "Longest reply of a server; 700 tokens are about 5 kB."),
)

AFTER: tuple[Setting, ...] = (
    # evaluate
    Setting("evaluate.batch_users", 64, "users", "Users ranked together, sorted by length.", 1, 4096),
    Setting(
        "evaluate.sample", 500, "purchases", "Held-out purchases for which students write texts, with --text.", 2, 10_000_000
    ),
    limit("evaluate.bootstrap", 1000, "resamples", "Resamples for the 95 % interval over users."),
    limit(
        "evaluate.permutations",
        9999,
        "resamples",
        "Resamples of the paired sign-flip test; with 9,999 the smallest p is 1 in 10,000.",
    ),
    limit(
        "evaluate.check_rows",
        2000,
        "texts",
        "Held-out texts of each task on which the manipulation check measures the gap and the yardstick: a seeded sample.",
    ),
    limit(
        "evaluate.check_least_rows",
        20,
        "texts",
        "With fewer held-out texts than this the check reports no result: the interval would be too wide.",
    ),
    limit("evaluate.check_texts", 500, "texts", "Texts that a student writes for the check, enough to know shares within 5 %."),
    limit(
        "evaluate.yardstick_share",
        0.5,
        "",
        "Share of the gap of n-gram counts that a student must reach to count as having learned its rationales.",
    ),
    limit(
        "evaluate.least_yardstick",
        0.02,
        "nats per token",
        "If the gap of n-gram counts is smaller than this, the rationales say nothing about the user (or the item). Rationales "
        "of the offline teacher from real reviews reach .004.",
    ),
    # precompute
    limit("precompute.top", 20, "items", "Predictions kept for each user, student and task."),
    # page
    Setting("serve.port", 7860, "", "Port of the page.", 1, 65535),
    Setting("serve.host", "127.0.0.1", "", "Address of the page; 0.0.0.0 opens it to the network."),
    limit(
        "live.card_seconds",
        8,
        "seconds",
        "Time requested on a shared GPU (ZeroGPU) for one answer: 4 s for a cold start, 1 s to load students, the rest in reserve.",
    ),
    limit("live.card_review_seconds", 12, "seconds", "Time requested on a shared GPU for one review read by a language model."),
    limit(
        "live.card_rankings", 100, "rankings", "Rankings of one student per second on a shared GPU, a conservative estimate."
    ),
    limit(
        "page.search_results", 50, "users", "Users listed by a search. Nobody reads a longer list, and it makes the page slow."
    ),
    limit("page.search_chars", 80, "characters", "Longer search texts are cut."),
    limit(
        "page.history_rows",
        100,
        "interactions",
        "Purchases shown, the most recent ones; the page says how many more there are.",
    ),
    limit("page.item_results", 8, "products", "Products listed by a product search, one below the other."),
    limit("page.pins", 3, "variants", "Variants of an edited history shown side by side; more columns do not fit on a screen."),
    limit("page.guesses", 300, "guesses", "Guesses counted on one question: a lecture hall, one guess each."),
    limit("page.questions", 100, "questions", "Questions of a visitor that are remembered as revealed; no lecture uses more."),
    limit("page.queue", 64, "calls", "Live predictions that may wait; further ones are told that the page is busy."),
    limit(
        "page.teacher_calls",
        12,
        "calls",
        "Places in the queue that language models may take, so that a slow model does not delay live predictions.",
    ),
    limit(
        "page.client_calls",
        24,
        "calls",
        "Calls of one address that may wait or have answers not yet fetched. Half of the queue stays free for others; a "
        "classroom may share one address.",
    ),
    limit("page.client_teacher_calls", 4, "calls", "Calls of one address to a language model at the same time."),
    limit("page.unread_seconds", 300, "seconds", "Time after which an answer that was not fetched no longer counts."),
    limit(
        "page.client_sessions",
        250,
        "sessions",
        "Visitors remembered for one address, half of all; a classroom may share one address.",
    ),
    limit(
        "page.review_chars",
        6_000,
        "characters",
        "Characters of a visitor's review that a teacher reads; the prompts read no more either.",
    ),
    limit(
        "page.patience",
        90,
        "seconds",
        "Time a visitor waits for the answer of a language model, not counting the time in the queue.",
    ),
    limit("lab.seconds", 60, "seconds", "Processor time of one training on the page; the system ends it after that."),
    limit(
        "lab.shoppers",
        300,
        "shoppers",
        "Shoppers on which a student on the page is trained; each round then takes a few seconds.",
    ),
    limit("lab.rows", 32, "rows", "Rows of each task in one step of a training on the page."),
    limit("page.set_memory", 2**31, "bytes", "Memory for the tables of one data set; 2 million rows take under 1 GB."),
    limit(
        "storage.max_manifest_bytes",
        2**24,
        "bytes",
        "Largest manifest. The largest real one lists some hundred files in 100 kB.",
    ),
    limit("page.rooms", 40, "rooms", "Rooms for voting by phone that may be open at once; full ones take about 6 MB together."),
    limit(
        "page.client_rooms",
        5,
        "rooms",
        "Rooms opened from one address at once: a few lecturers behind the address of one campus.",
    ),
    limit("page.room_minutes", 120, "minutes", "Time after which a room closes: two lessons with the break between them."),
    limit(
        "page.room_voters", 600, "browsers", "Browsers whose votes a room counts on one question: three times a class of 200."
    ),
    limit(
        "page.room_screens",
        4,
        "screens",
        "Screens that follow the votes of a room: the projector, the lectern and some reserve while one reloads.",
    ),
    limit(
        "page.room_heartbeat",
        10,
        "seconds",
        "Time between two messages to a screen while nothing changes: proxies close silent connections.",
    ),
    limit(
        "page.room_poll",
        4,
        "seconds",
        "Time between two requests of a phone to its room: 200 phones make 50 short requests a second.",
    ),
    limit("page.max_body_bytes", 65_536, "bytes", "Largest request body. The page's own requests are under 10 kB."),
)
