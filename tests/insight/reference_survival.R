# What R's package survival says of the samples on the command line: "KIND times ends", comma-separated.
# Prints for each a line of times, of shares and of standard errors, at the moments at which it happened.
library(survival)
for (line in readLines(file("stdin"))) {
  parts <- strsplit(line, " ")[[1]]
  times <- as.numeric(strsplit(parts[2], ",")[[1]])
  ends <- as.numeric(strsplit(parts[3], ",")[[1]])
  if (parts[1] == "km") {
    fit <- survfit(Surv(times, ends == 1) ~ 1, conf.type = "log-log")
    at <- fit$n.event > 0
    rows <- list(fit$time[at], 1 - fit$surv[at], 1 - fit$upper[at], 1 - fit$lower[at])
    found <- quantile(fit, c(0.5, 0.9))
  } else {
    fit <- survfit(Surv(times, factor(ends, 0:2, labels = c("waiting", "happened", "ended"))) ~ 1)
    at <- fit$n.event[, 2] > 0
    rows <- list(fit$time[at], fit$pstate[at, 2], fit$std.err[at, 2])
  }
  for (row in rows) cat(paste(format(row, digits = 12), collapse = " "), "\n", sep = "")
}
