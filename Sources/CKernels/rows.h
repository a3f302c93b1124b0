// Rows of a table to and from a tile, and products of row vectors.

// MARK: Rows of a table

static void gather_rows(double *T, long ldt, const double *table, long width, const double *index, long m,
                        int adding) {
  static const double zeros[WIDTH] = {0};
  for (long i = 0; i < m; i += WIDTH) {
    // A missing row is one of zeros, wherever in it: `step` keeps its reads at the first of them.
    const double *row[WIDTH];
    long step[WIDTH];
    for (int v = 0; v < WIDTH; v++) {
      int present = i + v < m && index[i + v] == index[i + v];
      row[v] = present ? table + (long)index[i + v] * width : zeros;
      step[v] = present ? -1 : 0;
    }
    for (long d = 0; d < width; d += WIDTH) {
      Vector x[WIDTH];
      long count = least(WIDTH, width - d);
      if (count == WIDTH)
        UNROLL for (int v = 0; v < WIDTH; v++) x[v] = load(row[v] + (d & step[v]));
      else
        UNROLL for (int v = 0; v < WIDTH; v++) x[v] = load_first(row[v] + (d & step[v]), count);
      transpose_block(x);
      double *to = T + d * ldt + i;
      UNROLL for (int v = 0; v < WIDTH; v++)
        if (v < count) store(to + v * ldt, adding ? load(to + v * ldt) + x[v] : x[v]);
    }
  }
}

static void scatter_rows(double *table, long width, const double *T, long ldt, const double *index, long m) {
  for (long i = 0; i < m; i += WIDTH) {
    long rows = least(WIDTH, m - i);
    for (long d = 0; d < width; d += WIDTH) {
      Vector x[WIDTH];
      long count = least(WIDTH, width - d);
      UNROLL for (int v = 0; v < WIDTH; v++) x[v] = v < count ? load(T + (d + v) * ldt + i) : (Vector)0.0;
      transpose_block(x);
      UNROLL for (int v = 0; v < WIDTH; v++) {
        if (v < rows && index[i + v] == index[i + v]) {
          double *row = table + (long)index[i + v] * width + d;
          if (count == WIDTH)
            store(row, load(row) + x[v]);
          else
            store_first(row, load_first(row, count) + x[v], count);
        }
      }
    }
  }
}

// MARK: Products

INLINE void multiply_add_one(double *out, const double *a, const double *b, double c, long i, long count, int adding) {
  Vector x = load_first(a + i, count) * c;
  if (b) {
    Vector y = load_first(b + i, count);
    x = adding ? x * y + load_first(out + i, count) : x * y;
  } else if (adding) {
    x = load_first(a + i, count) * c + load_first(out + i, count);
  }
  store_first(out + i, x, count);
}

static void multiply_add(double *out, const double *a, const double *b, double c, long m, int adding) {
  long i = 0;
  if (b && adding)
    for (; i + WIDTH <= m; i += WIDTH) store(out + i, load(a + i) * c * load(b + i) + load(out + i));
  else if (b)
    for (; i + WIDTH <= m; i += WIDTH) store(out + i, load(a + i) * c * load(b + i));
  else if (adding)
    for (; i + WIDTH <= m; i += WIDTH) store(out + i, load(a + i) * c + load(out + i));
  else
    for (; i + WIDTH <= m; i += WIDTH) store(out + i, load(a + i) * c);
  if (i < m) multiply_add_one(out, a, b, c, i, m - i, adding);
}
