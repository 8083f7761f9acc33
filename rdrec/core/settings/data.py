"""The settings of data sets: imports, splits, invented shops."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit

DATA: tuple[Setting, ...] = (
    # data
    Setting("data.core", 5, "interactions", 0, 1000).why(
        "Keep only users and items with at least this many interactions, as the released sets do; 0 or 1 keeps all."
    ),
    Setting("data.ties", "hash", choices=("hash", "file")).why(
        "How to order purchases of one user that have the same time (in the 2014 and 2018 sets: the same day). hash: by a hash "
        "of seed, user and item. file: as in the file, which is often sorted by product and so gives answers away."
    ),
    Setting("data.seed", 0, "", 0, 2**31 - 1).why(
        "Random seed for the order of ties and the review split (import), the invented data set (make), the negatives (export) "
        "and the permuted IDs (audit)."
    ),
    Setting("data.faulty_share", 0.01, "", 0, 1).why(
        "Largest share of faulty lines that an import accepts. Faulty lines are left out, counted and reported. A file with a "
        "larger share is refused, but 3 faulty lines are always accepted unless the share is 0."
    ),
    limit("data.faulty_few", 3, "lines").why(
        "Faulty lines accepted in a file of any size, unless --faulty-share is 0: in a small file a share says little."
    ),
    limit("data.judged_lines", 10_000, "lines").why(
        "Lines after which an import stops if most of them are faulty (more than half, or more than halfway between --faulty-"
        "share and 1): the file is probably of another kind."
    ),
    limit("data.max_reasons", 30, "reasons").why(
        "Different reasons for leaving out lines that a report lists; the others are counted together."
    ),
    limit("data.max_line_bytes", 4_000_000, "bytes").why(
        "Longest line of a review file. The longest real one is under 100 kB; a longer one is an attack or a wrong file."
    ),
    limit("data.max_unpacked_bytes", 64 * 2**30, "bytes").why(
        "Largest size of an unpacked file. The largest Amazon 2023 category unpacks to about 60 GiB."
    ),
    limit("data.max_gzip_ratio", 100, "").why(
        "Largest compression ratio of gzip, zip and Parquet files. Review text compresses 3 to 8 times, a decompression bomb "
        "1,000 times."
    ),
    limit("data.gzip_grace_bytes", 2**20, "bytes").why(
        "Unpacked size from which the compression ratio is checked: very small files have unusual ratios."
    ),
    limit("data.max_zip_directory_bytes", 2**20, "bytes").why(
        "Largest file list of a zip archive, enough for about 10,000 names. The whole list is in memory before it can be counted."
    ),
    limit("data.parquet_memory", 2**29, "bytes").why(
        "Memory for measuring a Parquet file before it is unpacked. A page of a normal file takes about 1 MB."
    ),
    limit("data.max_footer_bytes", 2**24, "bytes").why("Largest single text or list in the metadata of a Parquet file."),
    limit("data.max_json_bytes", 2**29, "bytes").why(
        "Largest JSON file read in one piece. The largest released one, explanation_rationale.json of Sports, is under 150 MB."
    ),
    limit("data.max_literal_bytes", 200_000, "bytes").why(
        "Longest line of 2014 metadata. Real ones are under 60 kB, and Python's own parser needs about 100 times the line in memory."
    ),
    limit("data.max_faults", 100, "faults").why(
        "Faults after which reading a released file, or any file under --strict, stops: so many point to a file of another kind."
    ),
    limit("data.max_key_chars", 100, "characters").why("Longest user or item key. Amazon's have 10 to 28 characters."),
    limit("data.max_title_chars", 500, "characters").why("Longer titles, summaries and category paths are cut."),
    limit("data.earliest_time", 631_152_000, "Unix seconds").why(
        "Earliest time accepted: 1990, before the first online shop. An earlier time was given in another unit."
    ),
    limit("data.latest_time", 4_102_444_800, "Unix seconds").why(
        "Latest time accepted: the year 2100. A later time was given in another unit."
    ),
    limit("data.max_review_chars", 20_000, "characters").why(
        "Longer reviews are cut. The longest in the released sets is about 30,000."
    ),
    limit("data.max_download_bytes", 64 * 10**9, "bytes").why(
        "Largest download. The largest Amazon 2023 category has 67 million reviews, which take under 500 bytes each in the "
        "categories whose size is known."
    ),
    limit("data.download_timeout", 30, "seconds").why(
        "Time without any data after which a download's connection is considered dead."
    ),
    limit("data.download_tries", 5, "requests").why(
        "Attempts in a row without progress before a download fails, with growing pauses between them."
    ),
    limit("data.unescape_rounds", 4, "rounds").why(
        "How often HTML entities are decoded. In real reviews they are nested two or three deep; a hostile text can nest them "
        "any number of times."
    ),
    limit("data.waiting_chars", 50_000_000, "characters").why(
        "Review text that an import keeps in memory before it writes it to a temporary file."
    ),
    limit("data.negatives", 99, "items").why(
        "Negatives for each user: the top-N task ranks 1 positive among 99 negatives (RDRec, section 4.1)."
    ),
    limit("data.id_axes", 64, "axes").why(
        "Dimensions used to compare items for clustered IDs. Finding 13 clusters among 1,000 items takes only a few, the order "
        "within a cluster more."
    ),
    limit("data.min_leave_one_out", 3, "interactions").why(
        "Users with fewer interactions cannot have a training, a validation and a test item."
    ),
    # world
    Setting("world.users", 1200, "shoppers", 1, 10_000_000).why("Shoppers of an invented data set."),
    Setting("world.workers", 1, "processes", 1, 64).why(
        "Processes that make an invented data set. The files are identical with any number of processes."
    ),
)
