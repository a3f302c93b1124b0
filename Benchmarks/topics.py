"""Online topic models: the corpus, the peers and the judge.

    python topics.py corpus FOLDER [--quick]                  write the corpus, unless it is there
    python topics.py fit sklearn|gensim FOLDER [--quick]      time a peer's passes; prints a line of JSON
    python topics.py judge FOLDER PHI.npy [--quick]           held-out perplexity of topics, by rows; a line of JSON

The corpus has 20,000 documents of about 100 words each, drawn from 50 Dirichlet topics over 5,000 words (seed 6), and
1,000 further documents to judge by: topics are fixed at their posterior means, each document's proportions are estimated
from half of its words, and the perplexity is that of the other half, by the same NumPy code for every program.
"""
import argparse
import json
import os
import resource
import time
import warnings

import numpy as np

DOCUMENTS, WORDS, TOPICS, LENGTH, HELDOUT = 20_000, 5_000, 50, 100, 1_000
CONCENTRATION, WORD_CONCENTRATION = 0.1, 0.05
QUICK = 20


def paths(folder, quick):
    stem = os.path.join(folder, "topics-quick" if quick else "topics")
    return [f"{stem}-{part}.npy" for part in ("train", "seen", "unseen", "truth")]


def draw(topics, documents, rng):
    """Rows of document, word and count."""
    cumulative = np.cumsum(topics, axis=1)
    mixtures = rng.dirichlet(np.full(len(topics), CONCENTRATION), size=documents)
    lengths = np.maximum(rng.poisson(LENGTH, documents), 5)
    rows = []
    for document in range(documents):
        counts = rng.multinomial(lengths[document], mixtures[document])
        words = np.concatenate([
            np.searchsorted(cumulative[k], rng.random(counts[k]) * cumulative[k, -1]) for k in np.nonzero(counts)[0]])
        words, counts = np.unique(np.minimum(words, WORDS - 1), return_counts=True)
        rows.append(np.column_stack([np.full(len(words), document), words, counts]))
    return np.concatenate(rows).astype(float)


def corpus(folder, quick):
    targets = paths(folder, quick)
    if all(os.path.exists(target) for target in targets):
        return
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(6)
    topics = rng.dirichlet(np.full(WORDS, WORD_CONCENTRATION), size=TOPICS)
    train = draw(topics, DOCUMENTS // (QUICK if quick else 1), rng)
    rng = np.random.default_rng(7)
    heldout = draw(topics, HELDOUT, rng)
    seen, unseen = heldout.copy(), heldout.copy()
    seen[:, 2] = rng.binomial(heldout[:, 2].astype(int), 0.5)
    unseen[:, 2] -= seen[:, 2]
    for target, rows in zip(targets, (train, seen[seen[:, 2] > 0], unseen[unseen[:, 2] > 0], topics)):
        np.save(target + ".tmp.npy", rows)
        os.replace(target + ".tmp.npy", target)


def perplexity(topics, seen, unseen):
    """Of unseen words, with each document's proportions from its seen ones."""
    from scipy.special import digamma
    total, words = 0.0, 0.0
    topics = topics / topics.sum(axis=1, keepdims=True)
    for document in range(HELDOUT):
        own, other = (rows[rows[:, 0] == document] for rows in (seen, unseen))
        likelihoods, counts = topics[:, own[:, 1].astype(int)], own[:, 2]
        alpha = np.full(len(topics), CONCENTRATION + counts.sum() / len(topics))
        for _ in range(100):
            weights = np.exp(digamma(alpha) - digamma(alpha.sum()))
            alpha = CONCENTRATION + weights * (likelihoods @ (counts / (weights @ likelihoods + 1e-100)))
        density = (alpha / alpha.sum()) @ topics[:, other[:, 1].astype(int)]
        total += other[:, 2] @ np.log(density + 1e-300)
        words += other[:, 2].sum()
    return float(np.exp(-total / words))


def sparse(rows):
    from scipy.sparse import csr_matrix
    shape = (int(rows[:, 0].max()) + 1, WORDS)
    return csr_matrix((rows[:, 2], (rows[:, 0].astype(int), rows[:, 1].astype(int))), shape=shape)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fit(peer, rows, batch, passes, jobs):
    """Seconds of each pass, memory beside the data, and the topics."""
    words = sparse(rows)
    documents = words.shape[0]
    seconds = []
    if peer == "sklearn":
        import sklearn
        from sklearn.decomposition import LatentDirichletAllocation
        version = sklearn.__version__
        model = LatentDirichletAllocation(
            TOPICS, doc_topic_prior=CONCENTRATION, topic_word_prior=WORD_CONCENTRATION, learning_method="online",
            batch_size=batch, learning_decay=0.7, learning_offset=10, total_samples=documents, random_state=0,
            n_jobs=jobs)
        before = peak()
        for _ in range(passes):
            began = time.perf_counter()
            model.partial_fit(words)
            seconds.append(time.perf_counter() - began)
        topics = model.components_
    else:
        import gensim
        from gensim.models import LdaModel, LdaMulticore
        version = gensim.__version__
        lists = [list(zip(words[i].indices.tolist(), words[i].data.astype(int).tolist())) for i in range(documents)]
        settings = dict(
            num_topics=TOPICS, id2word={i: str(i) for i in range(WORDS)}, alpha=[CONCENTRATION] * TOPICS,
            eta=WORD_CONCENTRATION, decay=0.7, offset=10, chunksize=batch, passes=1, eval_every=None, random_state=0,
            iterations=100, dtype=np.float32)
        before = peak()
        for number in range(passes):
            began = time.perf_counter()
            if number > 0:
                model.update(lists)
            elif jobs == 1:
                model = LdaModel(lists, update_every=1, **settings)
            else:
                model = LdaMulticore(lists, workers=jobs, **settings)
            seconds.append(time.perf_counter() - began)
        topics = model.get_topics()
    return {"work": "topics", "peer": peer, "jobs": jobs, "documents": documents, "seconds": seconds,
            "extraPeakBytes": peak() - before, "version": version}, topics


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["corpus", "fit", "judge"])
    parser.add_argument("arguments", nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = given.arguments[1 if given.task == "fit" else 0]
    train, seen, unseen, truth = paths(folder, given.quick)
    if given.task == "corpus":
        corpus(folder, given.quick)
    elif given.task == "judge":
        topics = np.load(given.arguments[1] if len(given.arguments) > 1 else truth)
        print(json.dumps({"perplexity": perplexity(topics, np.load(seen), np.load(unseen))}))
    else:
        record, topics = fit(given.arguments[0], np.load(train), given.batch, given.passes, given.jobs)
        record["perplexity"] = perplexity(topics, np.load(seen), np.load(unseen))
        print(json.dumps(record))
