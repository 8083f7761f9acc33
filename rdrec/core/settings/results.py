"""The settings of evaluations, precomputed sets and the page."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit

RESULTS: tuple[Setting, ...] = (
    # evaluate
    Setting("evaluate.batch_users", 64, "users", 1, 4096).why("Users ranked together, sorted by length."),
    Setting("evaluate.sample", 500, "purchases", 2, 10_000_000).why(
        "Held-out purchases for which students write texts, with --text."
    ),
    limit("evaluate.bootstrap", 1000, "resamples").why("Resamples for the 95 % interval over users."),
    limit("evaluate.permutations", 9999, "resamples").why(
        "Resamples of the paired sign-flip test; with 9,999 the smallest p is 1 in 10,000."
    ),
    limit("evaluate.check_rows", 2000, "texts").why(
        "Held-out texts of each task on which the manipulation check measures the gap and the yardstick: a seeded sample."
    ),
    limit("evaluate.check_least_rows", 20, "texts").why(
        "With fewer held-out texts than this the check reports no result: the interval would be too wide."
    ),
    limit("evaluate.check_texts", 500, "texts").why(
        "Texts that a student writes for the check, enough to know shares within 5 %."
    ),
    limit("evaluate.yardstick_share", 0.5, "").why(
        "Share of the gap of n-gram counts that a student must reach to count as having learned its rationales."
    ),
    limit("evaluate.least_yardstick", 0.02, "nats per token").why(
        "If both the gap of n-gram counts and the lower end of the student's interval are smaller than this, the rationales say nothing about the user (or the item). Rationales "
        "of the former offline teacher from real reviews reach .004."
    ),
    # precompute
    limit("precompute.top", 20, "items").why("Predictions kept for each user, student and task."),
    # page
    Setting("serve.port", 7860, "", 1, 65535).why("Port of the page."),
    Setting("serve.host", "127.0.0.1", "").why("Address of the page; 0.0.0.0 opens it to the network."),
    limit("live.card_seconds", 8, "seconds").why(
        "Time requested on a shared GPU (ZeroGPU) for one answer: 4 s for a cold start, 1 s to load students, the rest in reserve."
    ),
    limit("live.card_review_seconds", 12, "seconds").why(
        "Time requested on a shared GPU for one review read by a language model."
    ),
    limit("live.card_rankings", 100, "rankings").why(
        "Rankings of one student per second on a shared GPU, a conservative estimate."
    ),
    limit("page.search_results", 50, "users").why(
        "Users listed by a search. Nobody reads a longer list, and it makes the page slow."
    ),
    limit("page.search_chars", 80, "characters").why("Longer search texts are cut."),
    limit("page.history_rows", 100, "interactions").why(
        "Purchases shown, the most recent ones; the page says how many more there are."
    ),
    limit("page.item_results", 8, "products").why("Products listed by a product search, one below the other."),
    limit("page.pins", 3, "variants").why(
        "Variants of an edited history shown side by side; more columns do not fit on a screen."
    ),
    limit("page.guesses", 300, "guesses").why("Guesses counted on one question: a lecture hall, one guess each."),
    limit("page.questions", 100, "questions").why(
        "Questions of a visitor that are remembered as revealed; no lecture uses more."
    ),
    limit("page.queue", 64, "calls").why("Live predictions that may wait; further ones are told that the page is busy."),
    limit("page.teacher_calls", 12, "calls").why(
        "Places in the queue that language models may take, so that a slow model does not delay live predictions."
    ),
    limit("page.client_calls", 24, "calls").why(
        "Calls of one address that may wait or have answers not yet fetched. Half of the queue stays free for others; a "
        "classroom may share one address."
    ),
    limit("page.client_teacher_calls", 4, "calls").why("Calls of one address to a language model at the same time."),
    limit("page.unread_seconds", 300, "seconds").why("Time after which an answer that was not fetched no longer counts."),
    limit("page.client_sessions", 250, "sessions").why(
        "Visitors remembered for one address, half of all; a classroom may share one address."
    ),
    limit("page.review_chars", 6_000, "characters").why(
        "Characters of a visitor's review that a teacher reads; the prompts read no more either."
    ),
    limit("page.patience", 90, "seconds").why(
        "Time a visitor waits for the answer of a language model, not counting the time in the queue."
    ),
    limit("lab.seconds", 60, "seconds").why("Processor time of one training on the page; the system ends it after that."),
    limit("lab.shoppers", 300, "shoppers").why(
        "Shoppers on which a student on the page is trained, including the one who is watched."
    ),
    limit("lab.rows", 32, "rows").why("Rows of each task in one step of a training on the page."),
    limit("lab.idle", 900, "seconds").why(
        "Time that a process ready to train a student waits for a visitor before it ends and frees its memory."
    ),
    limit("page.set_memory", 2**31, "bytes").why("Memory for the tables of one data set; 2 million rows take under 1 GB."),
    limit("storage.max_manifest_bytes", 2**24, "bytes").why(
        "Largest manifest. The largest real one lists some hundred files in 100 kB."
    ),
    limit("page.rooms", 40, "rooms").why(
        "Rooms for voting by phone that may be open at once; full ones take about 6 MB together."
    ),
    limit("page.client_rooms", 5, "rooms").why(
        "Rooms opened from one address at once: a few lecturers behind the address of one campus."
    ),
    limit("page.room_minutes", 120, "minutes").why("Time after which a room closes: two lessons with the break between them."),
    limit("page.room_voters", 600, "browsers").why(
        "Browsers whose votes a room counts on one question: three times a class of 200."
    ),
    limit("page.room_screens", 4, "screens").why(
        "Screens that follow the votes of a room: the projector, the lectern and some reserve while one reloads."
    ),
    limit("page.room_heartbeat", 10, "seconds").why(
        "Time between two messages to a screen while nothing changes: proxies close silent connections."
    ),
    limit("page.room_poll", 4, "seconds").why(
        "Time between two requests of a phone to its room: 200 phones make 50 short requests a second."
    ),
    limit("page.log_lines", 200, "lines").why(
        "Lines that a served page writes to its log in a minute; what is left out is counted there."
    ),
    limit("page.log_repeats", 3, "records").why("Records of one kind in the log in a minute; those after them are counted."),
    limit("page.max_body_bytes", 65_536, "bytes").why("Largest request body. The page's own requests are under 10 kB."),
)
