"""Invented music-gear products and reviews for the page's tests, with the words behind each claim."""

PREFERENCE, ATTRIBUTE = "user_preference", "item_attribution"

PRODUCTS = {
    "strings": [
        "Ferrow Phosphor Bronze Light Gauge Acoustic Guitar Strings (.012-.053), Three-Pack with Bonus Bridge Pins",
        "Halden Nickel Wound Electric Strings, Super Slinky",
        "Ferrow Silk & Steel Folk Strings",
        None,
        "Ostra Flatwound Bass Strings, Medium Scale, Stainless, .045-.105",
    ],
    "stand": [
        "Brackwell Folding A-Frame Guitar Stand with Foam Padding and Locking Strap for Acoustic, Electric and Bass",
        "Tundry Tripod Boom Microphone Stand",
        "Brackwell Orchestral Music Stand, Black",
        "Lowick Wall Hanger, Oak (2)",
    ],
    "mic": [
        "Sonnet Audio SV-20 Cardioid Condenser Studio Microphone with Shock Mount",
        "Pell Dynamic Vocal Microphone with On/Off Switch",
        None,
        "Marlo Six-Inch Double Nylon Pop Filter with Gooseneck and Metal Clamp",
    ],
    "pedal": [
        "Grayling True Bypass Chromatic Tuner Pedal",
        "Orrin Analog Delay, 600 ms",
        "Wexley Tube-Style Overdrive",
        "Orrin Spring Reverb Emulator with Tails",
        "Copperline Isolated Eight-Way Pedalboard Power Supply, 9 V / 12 V / 18 V, with Cables",
        None,
    ],
    "cable": [
        "Kestrel 20-Foot Braided Tweed Instrument Cable, Straight to Right Angle",
        "Kestrel Patch Cables, Six-Inch, Pack of Six",
        "Tundry XLR Microphone Cable, 25 Feet, Balanced, Black",
        "Pell Quarter-Inch to 3.5 mm Adapter",
    ],
    "small": [
        "Grayling Clip-On Tuner for Guitar, Bass, Ukulele and Violin with Backlit Display",
        "Rook Celluloid Picks, Heavy, 72-Count Sampler Tin",
        "Lowick Quick-Change Capo, Matte Black",
        "Rook Leather Strap, Two and a Half Inches, Suede Back",
        "Ferrow String Winder, Cutter and Bridge Pin Puller 3-in-1",
        "Ostra Fretboard Lemon Oil, 4 oz",
        None,
    ],
}

# category, stars, summary, review, preference, attributes, [(kind, claim, polarity, phrases of the review)]
REVIEWS = [
    (
        "stand", 5.0, "Holds my dreadnought without a wobble",
        "I bought two of these for the practice room after a cheaper stand dropped my twelve-string on the tiles. The folding "
        "frame feels solid, the foam sits exactly where the lower bout touches it, and the whole thing packs flat into the "
        "gig bag pocket. I did wish the locking strap were a little longer: with a thick neck it takes two hands to close. "
        "Otherwise I have stopped worrying about it, which is the nicest thing I can say of a guitar stand.",
        "The user prefers sturdy gear that packs flat for the road.",
        "The item's attributes are a solid folding frame, well placed foam and a short locking strap.",
        [
            (PREFERENCE, "sturdy gear", "like", ["The folding frame feels solid"]),
            (PREFERENCE, "packs flat", "like", ["packs flat into the gig bag pocket"]),
            (ATTRIBUTE, "solid folding frame", "like", ["folding frame feels solid"]),
            (ATTRIBUTE, "well placed foam", "like", ["the foam sits exactly where the lower bout touches it"]),
            (ATTRIBUTE, "short locking strap", "dislike", ["wish the locking strap were a little longer"]),
        ],
    ),
    (
        "strings", 4.0, "Warm, a bit slow to settle",
        "Warm from the first strum, with none of that brittle zing I get from brighter sets. They took three days and a lot of "
        "retuning to settle, which is not what you want the night before a wedding gig. After that they stayed put. My "
        "fingertips also noticed how smooth the wound strings are.",
        "The user prefers a warm tone and strings that hold their tuning.",
        "The item's attributes are a warm sound, smooth windings and slow settling.",
        [
            (PREFERENCE, "warm tone", "like", ["Warm from the first strum"]),
            (PREFERENCE, "brittle brightness", "dislike", ["brittle zing"]),
            (ATTRIBUTE, "smooth windings", "like", ["how smooth the wound strings are"]),
            (ATTRIBUTE, "slow to settle", "dislike", ["took three days and a lot of retuning to settle"]),
            (PREFERENCE, "coated strings", "like", []),
        ],
    ),
    (
        "mic", 5.0, "Clean at this price",
        "Self-noise is lower than I expected and the shock mount actually works; I can tap the desk and the take survives. "
        "It does want a pop filter. For spoken word in an untreated bedroom it sounds far more expensive than it is.",
        "The user prefers quiet recordings at a modest price.",
        "The item's attributes are low self-noise and a shock mount that works.",
        [
            (PREFERENCE, "good value", "like", ["sounds far more expensive than it is"]),
            (ATTRIBUTE, "low self-noise", "like", ["Self-noise is lower than I expected"]),
            (ATTRIBUTE, "working shock mount", "like", ["the shock mount actually works"]),
            (ATTRIBUTE, "pop filter needed", "neutral", ["want a pop filter"]),
        ],
    ),
    (
        "pedal", 2.0, "Noisy with my board",
        "Nice repeats, awful company: on a shared supply it whines like a mosquito, and the footswitch pops every single time. "
        "On a battery it is quiet but then it eats one per rehearsal. Sent it back and kept the older one.",
        "The user prefers pedals that stay quiet on a shared supply.",
        "The item's attributes are pleasant repeats, supply whine, a popping footswitch and high battery use.",
        [
            (PREFERENCE, "noise on a shared supply", "dislike", ["on a shared supply it whines like a mosquito"]),
            (ATTRIBUTE, "pleasant repeats", "like", ["Nice repeats"]),
            (ATTRIBUTE, "popping footswitch", "dislike", ["the footswitch pops every single time"]),
            (ATTRIBUTE, "eats batteries", "dislike", ["it eats one per rehearsal"]),
        ],
    ),
    (
        "cable", 5.0, "Years on stage",
        "Eight years of weekend gigs and the braid still looks new. No crackle when stepped on. I like that it does not "
        "tangle; I coil it over-under and it just lies there.",
        "The user prefers durable cables that do not tangle.",
        "The item's attributes are a tough braid and silent handling.",
        [
            (PREFERENCE, "durable cables", "like", ["Eight years of weekend gigs"]),
            (PREFERENCE, "no tangling", "like", ["it does not tangle"]),
            (ATTRIBUTE, "tough braid", "like", ["the braid still looks new"]),
            (ATTRIBUTE, "silent handling", "like", ["No crackle when stepped on"]),
        ],
    ),
    ("small", 5.0, "ok", "ok", None, None, []),
    (
        "small", 3.0, "Display is great, clip is not",
        "The display is bright enough for a dark stage and it locks on quickly, even on the low B. The clip, however, is thin "
        "plastic and mine cracked in the cold of the van. I keep it in a drawer as a spare.",
        "The user prefers quick tuners and sturdy gear.",
        "The item's attributes are a bright display, quick tracking and a fragile clip.",
        [
            (PREFERENCE, "sturdy gear", "like", ["mine cracked in the cold of the van"]),
            (ATTRIBUTE, "bright display", "like", ["The display is bright enough for a dark stage"]),
            (ATTRIBUTE, "quick tracking", "like", ["locks on quickly"]),
            (ATTRIBUTE, "fragile clip", "dislike", ["thin plastic", "cracked"]),
        ],
    ),
    (
        "small", 4.0, "Does the job",
        "Does what it says. It is cheap, it is small and it lives in the case. What else should I say about a winder?",
        "The user prefers small, inexpensive accessories.",
        "The item's attributes are a small size and a low price.",
        [
            (PREFERENCE, "good value", "like", ["It is cheap"]),
            (ATTRIBUTE, "small size", "like", ["it is small"]),
            (ATTRIBUTE, "low price", "like", ["cheap"]),
        ],
    ),
    (
        "pedal", 5.0, "Finally silent",
        "Eight truly isolated outputs. I swapped a daisy chain for it and the hum vanished. Heavy, yes, and the brick is wider "
        "than the rails of a small board, so measure first. Worth every cent for a quiet rig.",
        "The user prefers a quiet rig and will pay for it.",
        "The item's attributes are isolated outputs, silent running and a wide, heavy case.",
        [
            (PREFERENCE, "quiet rig", "like", ["the hum vanished", "a quiet rig"]),
            (ATTRIBUTE, "isolated outputs", "like", ["Eight truly isolated outputs"]),
            (ATTRIBUTE, "wide, heavy case", "dislike", ["Heavy, yes, and the brick is wider than the rails of a small board"]),
        ],
    ),
    (
        "mic", 4.0, None,
        "The double cloth filter blocks the pops and lets the voice through. The goose neck needs a little coaxing to stay "
        "where you put it, but once it is there it stays. Five stars with a stiffer arm.",
        "The user prefers clear vocals without pops.",
        "The item's attributes are an effective double filter and a stubborn goose neck.",
        [
            (PREFERENCE, "clear vocals", "like", ["lets the voice through"]),
            (ATTRIBUTE, "effective double filter", "like", ["The double cloth filter blocks the pops"]),
            (ATTRIBUTE, "stubborn goose neck", "dislike", ["The goose neck needs a little coaxing"]),
        ],
    ),
]  # fmt: skip
