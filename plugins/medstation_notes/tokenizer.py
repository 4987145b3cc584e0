"""A word-piece tokenizer learnt from notes (tokenizers library), as JSON."""

from __future__ import annotations

from collections.abc import Sequence

PAD, UNKNOWN, BEGIN, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, UNKNOWN, BEGIN, END, MASK)
FEWEST = 2


def learn_tokenizer(texts: Sequence[str], vocabulary: int) -> tuple[str, int, int]:
    """(tokenizer JSON, its vocabulary's size, the number of its mask piece). Upper and lower case are kept apart."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary, special_tokens=list(SPECIAL), min_frequency=FEWEST, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        pair=f"{BEGIN} $A {END} $B {END}",
        special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN)), (END, tokenizer.token_to_id(END))],
    )
    return tokenizer.to_str(), tokenizer.get_vocab_size(), SPECIAL.index(MASK)
