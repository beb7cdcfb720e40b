"""Pure extractors: from a job's description, as SageMaker's Describe call returns it, to the facts of the document."""

from __future__ import annotations

from collections.abc import Callable

from guard.extract.automl import automl, labeling
from guard.extract.customization import customization, training_session
from guard.extract.endpoints import ai_benchmark, ai_recommendation
from guard.extract.facts import Facts
from guard.extract.inference import inference_recommendations, transform
from guard.extract.monitoring import monitoring_schedule
from guard.extract.optimization import compilation, edge_packaging, optimization
from guard.extract.processing import processing
from guard.extract.reading import Node
from guard.extract.resolve import Known
from guard.extract.training import training, tuning

# One extractor per row of guard/jobs.py; a test checks that none is missing.
EXTRACTORS: dict[str, Callable[[Node, str, Known], Facts]] = {
    "training": training,
    "processing": processing,
    "transform": transform,
    "hyperparameter-tuning": tuning,
    "automl": automl,
    "optimization": optimization,
    "monitoring-schedule": monitoring_schedule,
    "compilation": compilation,
    "inference-recommendations": inference_recommendations,
    "labeling": labeling,
    "customization": customization,
    "training-session": training_session,
    "ai-recommendation": ai_recommendation,
    "ai-benchmark": ai_benchmark,
    "edge-packaging": edge_packaging,
}


def extract(kind: str, description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a job of this kind; `known` holds the descriptions of the resources that it names."""
    return EXTRACTORS[kind](description, name, known)
