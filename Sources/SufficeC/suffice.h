#ifndef SUFFICE_H
#define SUFFICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The C interface of Suffice.
///
/// **Errors.** A function that returns `int32_t` returns 0, or a code: 1 an argument that must not be passed, 2 the
/// data, 3 a setting, 4 the model, 5 numbers that broke down, 6 the progress callback asked to stop. The text is
/// `suffice_last_error()` of the calling thread, until its next error. Whatever was to be filled is then unspecified.
///
/// **Threads.** All functions may be called from several threads at once. Results do not depend on `threads`.
///
/// **Memory.** Texts and handles that a function hands out are the caller's: `suffice_free_text`, `suffice_fit_free`.
/// Data are read where they lie while a call runs and are not kept.

/// The message of this thread's last error; NULL where there was none.
const char *suffice_last_error(void);

/// Frees a text that a function handed out.
void suffice_free_text(char *text);

// MARK: Mixtures of Gaussians, one sweep at a time

/// One pass over `row_count` rows of `column_count` numbers that belong to `labels` components.
///
/// `element`: 0 double, 1 float, 2 int64_t, 3 int32_t. Strides are in bytes and may be negative or 0.
/// With x the row less `center`, a component's score is, by `form`,
///
/// - 0: bias + w·x; features x; `weights` is labels × D;
/// - 1: bias + w·(x, x²); features x, x²; labels × 2 D;
/// - 2: bias + w·(x, x_i x_j for j <= i, row by row); features these; labels × (D + D (D + 1) / 2);
/// - 3: bias - ½ |z|², z = a x - shift elementwise; features z, z²; labels × D, `shifts` labels × D;
/// - 4: bias - ½ |z|², z = A x - shift; features z, z_i z_j; labels × D × D, `shifts` labels × D.
///
/// Responsibilities are the softmax of the scores; with `hard`, 1 for the first largest score.
/// Results, each of which may be NULL: `counts` (labels) and `sums` (labels × features), weighted by responsibilities
/// and by `row_weights` where that is not NULL; `total`, the weighted sum of the rows' log-sum-exp of scores (hard: of
/// their largest scores); and row by row `responsibilities` (rows × labels), `log_normalizers`, `best` (labels from 0).
int32_t suffice_mixture_sweep(
    const void *rows, int32_t element, intptr_t row_count, intptr_t column_count, intptr_t row_stride,
    intptr_t column_stride, const double *row_weights, int32_t form, intptr_t labels, const double *center,
    const double *weights, const double *shifts, const double *bias, int32_t hard, double *counts, double *sums,
    double *total, double *responsibilities, double *log_normalizers, int64_t *best, int32_t threads);

/// result[i] = ψ(values[i]); NaN where a value is not positive.
void suffice_digamma_values(const double *values, intptr_t count, double *result);
/// result[i] = log Γ(values[i]); NaN where a value is not positive.
void suffice_log_gamma_values(const double *values, intptr_t count, double *result);
/// The instruction-set level in force: 0 the platform's baseline, 1 AVX2, 2 AVX-512.
int32_t suffice_instruction_level(void);

// MARK: Models

/// A fitted model.
typedef struct suffice_fit suffice_fit_t;

/// A table: `columns` columns of `rows` doubles. Column c starts at `bases[c]`; its next value lies `strides[c]` doubles
/// further (0: one value for all rows; a negative stride costs a copy of the column). `levels[c]` is NULL for numbers, or a
/// JSON array of the labels whose indices the column holds.

/// The shipped models with their hyperparameters, as JSON.
int32_t suffice_models(char **json);
/// A model's name, summary and hyperparameters, as JSON. `model` is as in `suffice_fit`.
int32_t suffice_model_about(const char *model, char **json);

/// Called after every pass; returns 0 to stop. `phase`: -1 passes over the rows, or the number of the start.
/// `remaining_gain`: what further passes would gain, in nats a row; infinite before one can tell.
typedef int32_t (*suffice_progress_t)(
    int32_t phase, intptr_t pass, double bound, double held_out, double remaining_gain,
    double seconds);

/// Fits a model to a table.
///
/// `model` is a shipped model's name, or the text of a file that `suffice compile` wrote.
/// `request` is a JSON object; all members may be left out: "hyperparameters" {name: text}, "priors" {variable: {parameter:
/// [number] or {"moment": "mean", "variance", "precision" or "covariance", "of": variable, "factor": number}}}, which take the
/// place of parameters of the model's priors (a matrix row by row, or its diagonal), "bind" {variable: [column]},
/// "weights" (a column), "schedule" ("auto", "coordinate", "progressive", "stochastic" or "memoized"), "batchSize",
/// "forgettingRate" and "delay" (stochastic; without both, rates follow the gradient's noise), "heldOutFraction"
/// (stochastic), "parts" and "moves" (memoized), "seed" (a text), "threads", "restarts", "maximumPasses",
/// "tolerance" (nats a row that further passes would gain; left out, 1e-6 or what many rows allow), "accelerates" (whether slow passes may be extrapolated, by default true),
/// "checkpoint" (a path) and "checkpointEvery" (seconds, by default 60). A fit with a checkpoint goes on from it where the
/// file is there, keeps it up to date, also when `progress` stops the fit, and removes it at the end; model, data and
/// settings must be those that it was begun with.
/// A fit starts from `labels` (one for each row, counted from 0, for the first label of a row), from `probabilities` of the label's
/// values (rows × `values`), or from the posterior of an `earlier` fit, of which all variables count whose names and sizes are the
/// model's own; two of them, at least, are NULL. Where all three are, starts are drawn.
/// Where `progress` stops the fit after its first pass, the code is 6 and `fit` is the fit so far.
int32_t suffice_fit(
    const char *model, const char *request, intptr_t rows, intptr_t columns, const char *const *names,
    const double *const *bases, const intptr_t *strides, const char *const *levels, const int64_t *labels,
    const double *probabilities, intptr_t values, const suffice_fit_t *earlier, suffice_progress_t progress,
    suffice_fit_t **fit);
/// Adds new rows to a fit: what it has learnt counts on, times `forgetting` (0 to 1). `request` as above, without
/// "hyperparameters", "priors" and "bind".
int32_t suffice_fit_update(
    const suffice_fit_t *earlier, const char *request, intptr_t rows, intptr_t columns, const char *const *names,
    const double *const *bases, const intptr_t *strides, const char *const *levels, double forgetting,
    suffice_progress_t progress, suffice_fit_t **fit);

/// What a share of the rows adds up to under a fit's parameters: `count` numbers, as many as "statistics" says in what
/// suffice_fit_about tells (0: its sums cannot be shared). All but the first two, which say whose parameters these are, add up over
/// shares. `weights` is the column that says how often each row counts, or NULL.
int32_t suffice_fit_statistics(
    const suffice_fit_t *fit, const char *weights, intptr_t rows, intptr_t columns, const char *const *names,
    const double *const *bases, const intptr_t *strides, const char *const *levels, int32_t threads, double *numbers,
    intptr_t count);
/// The fit after one pass of coordinate ascent over rows that are given by their statistics, added up, which must have been formed with
/// `fit`. `tolerance` is NaN for the usual one.
int32_t suffice_fit_updated(
    const suffice_fit_t *fit, const double *numbers, intptr_t count, double tolerance, suffice_fit_t **updated);

/// Reads a fit file, as the command line writes them.
int32_t suffice_fit_read(const char *path, suffice_fit_t **fit);
/// Writes a fit file, which the command line reads.
int32_t suffice_fit_write(const suffice_fit_t *fit, const char *path);
/// Frees a fit; NULL is allowed.
void suffice_fit_free(suffice_fit_t *fit);
/// The fit's model, columns, variables, bound and history, as JSON.
int32_t suffice_fit_about(const suffice_fit_t *fit, char **json);
/// The fit's model, as a text that `suffice_fit` takes.
int32_t suffice_fit_model(const suffice_fit_t *fit, char **text);
/// A parameter of a variable, for all its members; `count` doubles, which must be as many as `about` says.
int32_t suffice_fit_parameter(
    const suffice_fit_t *fit, const char *variable, const char *parameter, double *values, intptr_t count);
/// Applies a fit to a table: `probabilities` (rows × labels) and `log_densities` (rows), each of which may be NULL. Rows that
/// the model leaves out have NaN: those before the first lag, say.
int32_t suffice_fit_apply(
    const suffice_fit_t *fit, intptr_t rows, intptr_t columns, const char *const *names, const double *const *bases,
    const intptr_t *strides, const char *const *levels, int32_t threads, double *probabilities, intptr_t labels,
    double *log_densities);
/// The columns of the fit that are not given, with missing cells filled in (`values`: rows × columns; labels as indices of
/// their levels): by posterior means and the most probable labels, or with a `seed` by draws.
int32_t suffice_fit_impute(
    const suffice_fit_t *fit, intptr_t rows, intptr_t columns, const char *const *names, const double *const *bases,
    const intptr_t *strides, const char *const *levels, int32_t threads, const uint64_t *seed, double *values,
    intptr_t size);
/// Draws rows from the posterior predictive distribution into `values`: count × the columns of the fit that are not given.
int32_t suffice_fit_sample(const suffice_fit_t *fit, intptr_t count, uint64_t seed, double *values, intptr_t size);
/// The same for rows of a table of what the model conditions on: the inputs of a regression, or the first rows of sequences
/// whose rows depend on those before, with empty cells where they are to go on.
int32_t suffice_fit_sample_given(
    const suffice_fit_t *fit, intptr_t rows, intptr_t columns, const char *const *names, const double *const *bases,
    const intptr_t *strides, const char *const *levels, uint64_t seed, double *values, intptr_t size);

// MARK: Pictures

/// Draws a picture as SVG. `request` is a JSON object with "kind" and, each of which may be left out, "title", "xLabel",
/// "yLabel" and
///
/// - "histogram": "values", "range" [low, high], "total" and "components" (curves: "label", "weight", "grid", "values");
/// - "scatter": "x", "y", "labels", "ellipses" ("label", "weight", "mean" [x, y], "covariance" [xx, xy, yy]);
/// - "trace": "series" ("label", "values").
int32_t suffice_picture(const char *request, char **svg);

#ifdef __cplusplus
}
#endif

#endif
